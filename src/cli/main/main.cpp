#include "cli/program.h"

int main(int argc, char** argv) {
  return nudge::run_program(argc, argv);
}
