const FAR = 6; // pixels before a press becomes a drag

/// Dragging with mouse, pen or finger (pointer events; the browsers' own drag and drop knows no fingers). `spotOf`
/// finds the place to drop on that an element belongs to; `drop` is called with it. A press that does not move stays a
/// click.
export function dragging(handle: HTMLElement, spotOf: (under: Element) => HTMLElement | null, drop: (spot: HTMLElement) => void): void {
  handle.addEventListener("pointerdown", (down) => {
    if (down.button !== 0) return;
    handle.setPointerCapture(down.pointerId); // a quick hand has left the handle before the first move is told
    let moved = false;
    let under: HTMLElement | null = null;
    const mark = (next: HTMLElement | null) => {
      under?.classList.remove("drop");
      under = next;
      under?.classList.add("drop");
    };
    const move = (event: PointerEvent) => {
      const [x, y] = [event.clientX - down.clientX, event.clientY - down.clientY];
      if (!moved && Math.hypot(x, y) < FAR) return;
      moved = true;
      handle.classList.add("dragged");
      handle.style.transform = `translate(${x}px, ${y}px)`;
      const below = document.elementsFromPoint(event.clientX, event.clientY).filter((element) => !handle.contains(element));
      mark(below.map(spotOf).find((spot) => spot !== null) ?? null);
    };
    const end = (event: PointerEvent) => {
      handle.removeEventListener("pointermove", move);
      handle.removeEventListener("pointerup", end);
      handle.removeEventListener("pointercancel", end);
      const spot = event.type === "pointerup" && moved ? under : null;
      mark(null);
      handle.classList.remove("dragged");
      handle.style.transform = "";
      if (moved) handle.addEventListener("click", (click) => click.stopImmediatePropagation(), { capture: true, once: true });
      if (spot !== null) drop(spot);
    };
    handle.addEventListener("pointermove", move);
    handle.addEventListener("pointerup", end);
    handle.addEventListener("pointercancel", end);
  });
}
