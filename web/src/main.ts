import type { Session } from "./contract";
import { el } from "./dom";
import { LabelPage } from "./label/label_page";
import { nameForm } from "./name_form";
import { get } from "./server";
import { TopBar } from "./top_bar";

async function showPanel(session: Session): Promise<void> {
  const { ownerPanel } = await import("./panel/panel");
  const top = new TopBar(session, "panel");
  document.body.replaceChildren(top.element, await ownerPanel());
}

async function showLabelPage(session: Session): Promise<void> {
  const top = new TopBar(session, "label");
  const page = new LabelPage(session, top);
  document.body.replaceChildren(top.element, page.element);
  await page.start();
}

async function start(session: Session): Promise<void> {
  document.title = `${session.store} · nudge label`;
  if (session.owner && location.hash === "#panel") await showPanel(session);
  else if (session.rater === null) document.body.replaceChildren(nameForm(session.store, (named) => void start(named)));
  else await showLabelPage(session);
}

addEventListener("hashchange", () => location.reload());
get<Session>("/api/session")
  .then(start)
  .catch((error: Error) => document.body.replaceChildren(el("main", { class: "rest" }, el("p", { class: "problem", role: "alert", text: error.message }))));
