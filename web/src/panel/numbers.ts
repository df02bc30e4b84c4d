// Numbers as the panel writes them. What is not known is a dash.
export function percent(share: number | null | undefined): string {
  return share == null ? "–" : `${(100 * share).toFixed(share > 0 && share < 0.1 ? 1 : 0)} %`;
}

export function seconds(value: number | null | undefined): string {
  return value == null ? "–" : `${value < 10 ? value.toFixed(1) : Math.round(value)} s`;
}

export function fraction(part: number, whole: number): string {
  return whole === 0 ? "–" : `${part} of ${whole}`;
}

export function coefficient(value: number | null | undefined): string {
  return value == null ? "–" : value.toFixed(2);
}
