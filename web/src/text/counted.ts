/// "1 vote", "2 votes": for nouns whose plural has an s.
export function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? "" : "s"}`;
}
