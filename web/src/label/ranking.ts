// Rankings with ties: each place (position on the screen) has a level, 0 the best, or null while it is not ranked.
// Levels are dense: every level up to the worst one has a place.
export type Ranks = (number | null)[]; // by place; null: not placed yet

export function ranked(level: number | null): level is number {
  return level !== null;
}

export function complete(ranks: Ranks): boolean {
  return ranks.every(ranked);
}

/// The places of each level, best first.
export function levels(ranks: Ranks): number[][] {
  const found: number[][] = [];
  ranks.forEach((level, place) => {
    if (ranked(level)) (found[level] ??= []).push(place);
  });
  return found.filter((places) => places !== undefined);
}

function fromLevels(groups: number[][], places: number): Ranks {
  const ranks: Ranks = Array.from({ length: places }, () => null);
  groups.filter((group) => group.length > 0).forEach((group, level) => group.forEach((place) => (ranks[place] = level)));
  return ranks;
}

export function without(ranks: Ranks, place: number): Ranks {
  return fromLevels(levels(ranks).map((group) => group.filter((other) => other !== place)), ranks.length);
}

/// What a digit key does: the place becomes the next best, or level with the last one ranked; a place that is ranked
/// already leaves the ranking.
export function toggle(ranks: Ranks, place: number, tied: boolean): Ranks {
  if (ranked(ranks[place]!)) return without(ranks, place);
  const groups = levels(ranks);
  if (tied && groups.length > 0) groups[groups.length - 1]!.push(place);
  else groups.push([place]);
  return fromLevels(groups, ranks.length);
}

/// One answer before all others.
export function winner(ranks: Ranks, place: number): Ranks {
  return ranks.map((_, other) => (other === place ? 0 : 1));
}

/// Where a dragged answer falls: on the answers of a level, or into the gap before a level (or after the last).
export type Target = { on: number } | { gap: number } | "unranked";

export function move(ranks: Ranks, place: number, target: Target): Ranks {
  if (target === "unranked") return without(ranks, place);
  const groups = levels(ranks).map((group) => group.filter((other) => other !== place));
  if ("on" in target) groups[target.on]?.push(place);
  else groups.splice(target.gap, 0, [place]);
  return fromLevels(groups, ranks.length);
}
