// What the owner's panel asks the label server for.

/// A figure with its 95 % interval, from `count` observations; null where there are too few.
export interface Interval {
  value: number;
  low: number;
  high: number;
  count: number;
}

export interface RaterLine {
  rater: string;
  votes: number;
  seconds_median: number | null;
  too_fast_share: number | null;
  gold: { passed: number; asked: number };
  repeat: { same: number; asked: number };
  left_share: Interval | null;
}

export interface Summary {
  progress: { comparisons: number; done: number; votes: number; skipped: number; leased: number; raters: RaterLine[] };
  by_source: { source: string; comparisons: number; votes: number }[];
  by_model: { model: string; comparisons: number; pairs: number }[]; // of each policy version
  agreement: {
    raw: Interval | null;
    fleiss: Interval | null;
    krippendorff: Interval | null;
    cohen: { first: string; second: string; kappa: Interval | null; items: number }[];
  };
  bias: { left_share: Interval | null; longer_share: Interval | null };
  drift: { label: string; votes: number; seconds_median: number | null; left_share: number | null; agreement: number | null }[];
  rater_link: string;
}

export interface Settings {
  overlap: number;
  overlap_share: number;
  repeat_share: number;
  gold_share: number;
  order: string; // "random" or "priority"
  random_share: number;
  strength: boolean;
  quality: boolean;
  allow_tie: boolean;
  markdown: boolean;
  answer_flags: string[];
  comparison_flags: string[];
}

export interface Flagged {
  comparison: string;
  decision: string | number;
  rater: string;
  time: string;
  flags: string[];
  comment: string;
  summary?: string; // the beginning of the prompt
  outcome: string;
}
