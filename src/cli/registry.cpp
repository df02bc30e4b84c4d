#include "cli/command.h"
#include "cli/commands.h"

namespace nudge {

namespace {

constexpr Command kCommands[] = {
    {"tokenizer train", "Learns a byte-level BPE tokenizer from text.", "make a model", run_tokenizer_train},
    {"tokenizer encode", "Prints the token ids of a text.", "make a model", run_tokenizer_encode},
    {"pretrain", "Trains a language model from scratch on documents.", "make a model", run_pretrain},
    {"import", "Converts a GGUF file, or a llama2.c model and tokenizer, to a Hugging Face directory.",
     "make a model", run_import},
    {"export", "Writes a language model as a file for other programs (GGUF).", "make a model", run_export},
    {"merge", "Adds adapters (LoRA) into their base: a whole model.", "make a model", run_merge},
    {"sft", "Fine-tunes a language model on demonstrations.", "make a model", run_sft},

    {"sample", "Samples completions of prompts from a model.", "gather preferences", run_sample},
    {"label", "Lets people compare answers on a page in their browser.", "gather preferences", run_label},
    {"preferences import", "Reads preferences in any known form as comparisons and votes.",
     "gather preferences", run_preferences_import},
    {"preferences simulate", "Lets a simulated rater compare completions.", "gather preferences",
     run_preferences_simulate},
    {"preferences stats", "Counts preferences: votes, ties, lengths, sides.", "gather preferences",
     run_preferences_stats},
    {"preferences agreement", "Measures how far raters agree.", "gather preferences",
     run_preferences_agreement},
    {"preferences split", "Splits votes so that train and test share no prompt.", "gather preferences",
     run_preferences_split},
    {"preferences prioritise", "Orders comparisons by what a label would teach.", "gather preferences",
     run_preferences_prioritise},
    {"preferences export", "Writes preferences for trainers, with a manifest.", "gather preferences",
     run_preferences_export},
    {"preferences unpair", "Takes pairs apart into single answers with a label.", "gather preferences",
     run_preferences_unpair},

    {"reward", "Learns a reward model from comparisons, grades or step labels.", "learn the reward",
     run_reward},
    {"reward average", "Averages the weights of reward models (WARM).", "learn the reward",
     run_reward_average},
    {"reward evaluate", "Judges any reward by comparisons of people.", "learn the reward",
     run_reward_evaluate},

    {"ppo", "Optimises a policy against a reward model on a KL leash.", "optimise", run_ppo},
    {"grpo", "Optimises a policy without a critic: completions of a prompt are compared.", "optimise",
     run_grpo},
    {"rloo", "grpo with the others of the group as baseline (REINFORCE leave-one-out).", "optimise",
     run_rloo},
    {"reinforce", "grpo without a group: advantages normalised over the rollout (REINFORCE++).", "optimise",
     run_reinforce},
    {"dpo", "Learns from preference pairs without a reward model: DPO and its kin.", "optimise", run_dpo},
    {"online-dpo", "DPO on the policy's own fresh answers, which a reward compares.", "optimise",
     run_online_dpo},
    {"kto", "Learns from single answers that somebody liked or did not (KTO).", "optimise", run_kto},
    {"bco", "Learns a classifier of liked and disliked answers as a policy (BCO).", "optimise", run_bco},
    {"orpo", "Fine-tunes and learns preferences in one run, without a reference (ORPO).", "optimise",
     run_orpo},
    {"cpo", "Learns from preference pairs without a reference: CPO, SimPO, AlphaPO.", "optimise", run_cpo},
    {"tpo", "Learns from triples: a chosen, a rejected and the best known answer (TPO).", "optimise",
     run_tpo},
    {"best-of-n", "Keeps the completion that the reward model likes best.", "optimise", run_best_of_n},

    {"eval", "Measures a model: judge, win rate, KL, length, diversity, forgetting.", "look", run_eval},
    {"score", "Scores a file of completions by any rewards.", "look", run_score},
    {"pass-at-k", "Measures how often a model solves questions that can be checked.", "look", run_pass_at_k},
    {"report", "Draws runs, or tells the story of a demo, in one HTML page.", "look", run_report},
    {"chat", "Talks with a model.", "look", run_chat},
    {"verify", "Replays golden numbers of TRL, OpenRLHF and verl on this machine.", "look", run_verify},
    {"inspect", "Shows what a model, a dataset or a run holds.", "look", run_inspect},

    {"run", "Runs the commands of a recipe in order.", "whole recipes", run_run},
    {"world", "Writes the data of the embedded world.", "whole recipes", run_world},
    {"world arithmetic", "Writes a task with verifiable answers.", "whole recipes", run_world_arithmetic},
    {"world probe", "Asks a base model what it knows, and whether it answers.", "whole recipes",
     run_world_probe},
    {"demo", "The whole recipe on the embedded world, in minutes, with its evidence.", "whole recipes",
     run_demo},
};

}  // namespace

std::span<const Command> commands() {
  return kCommands;
}

}  // namespace nudge
