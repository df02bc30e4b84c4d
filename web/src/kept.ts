// What this browser keeps for the page. A browser may refuse to keep anything (full, or switched off) or hold something
// broken: then the page keeps it for as long as it is open, and goes on.

export interface Keeper {
  get(key: string): string | null;
  /// False when it lasts only as long as the page.
  set(key: string, value: string): boolean;
  remove(key: string): void;
}

export function keeper(storage: () => Pick<Storage, "getItem" | "setItem" | "removeItem">): Keeper {
  const here = new Map<string, string>();
  const attempt = <T>(action: (kept: ReturnType<typeof storage>) => T, otherwise: T): T => {
    try {
      return action(storage());
    } catch {
      return otherwise;
    }
  };
  const remove = (key: string) => {
    here.delete(key);
    attempt((kept) => kept.removeItem(key), undefined);
  };
  return {
    get: (key) => here.get(key) ?? attempt((kept) => kept.getItem(key), null),
    set: (key, value) => {
      const lasts = attempt((kept) => (kept.setItem(key, value), true), false);
      if (!lasts) remove(key); // of an older value nobody must hear again
      if (lasts) here.delete(key);
      else here.set(key, value);
      return lasts;
    },
    remove,
  };
}

export const kept = keeper(() => localStorage);
