// A stand-in for Obsidian, in which the plugin is used; see test_obsidian.py. Prints what happened.
const Module = require("node:module");
const [plugin, folder] = process.argv.slice(2);
const noted = [];
const waiting = [];

class Element {
  setText(text) { noted.push(["text", text]); }
  createEl() { return new Element(); }
}
class Plugin {
  constructor(app) { this.app = app; this.commands = {}; }
  addStatusBarItem() { return new Element(); }
  addCommand(command) { this.commands[command.id] = command; }
  registerEvent() {}
  registerInterval(number) { clearInterval(number); }
}
class Modal {
  constructor() { this.titleEl = this.contentEl = new Element(); }
  open() { this.onOpen(); }
  close() { noted.push(["close"]); }
}
class Button {
  setButtonText(text) { this.text = text; return this; }
  setCta() { return this; }
  onClick(act) { waiting.push([this.text, act]); return this; }
}
class Setting {
  addButton(make) { make(new Button()); return this; }
}
class Notice {
  constructor(text, time) { noted.push(["notice", text, time ?? "usual"]); }
}
class FileSystemAdapter {
  getBasePath() { return folder; }
}
class MarkdownView {
  async save() { noted.push(["save"]); }
}
const stand = { FileSystemAdapter, MarkdownView, Modal, Notice, Plugin, Setting };
const real = Module._load;
Module._load = (name, ...rest) => (name === "obsidian" ? stand : real(name, ...rest));
globalThis.window = { setInterval };

let file = { path: "A.md", extension: "md" };
const app = {
  vault: { adapter: new FileSystemAdapter() },
  workspace: {
    on: (name, act) => { app.open = act; },
    getActiveFile: () => file,
    getLeavesOfType: () => [{ view: new MarkdownView() }, { view: {} }],
  },
};
// Does something, and waits until so much came of it.
const step = async (count, act) => {
  const result = act();
  while (noted.length < count) await new Promise((resolve) => setTimeout(resolve, 20));
  return { result: typeof result === "boolean" ? result : null, done: noted.splice(0) };
};

(async () => {
  const Taiga = require(plugin);
  const made = new Taiga(app);
  const { commands } = made;
  const results = [];
  results.push(await step(1, () => { made.onload(); }));
  results.push(await step(0, () => commands["render-page"].checkCallback(true)));
  results.push(await step(3, () => commands["render-page"].checkCallback(false)));
  results.push(await step(3, () => { commands["render-vault"].callback(); }));
  results.push(await step(3, () => commands.push.checkCallback(false)));
  results.push(await step(1, () => { waiting.find(([text]) => text === "Cancel")[1](); }));
  results.push(await step(4, () => { waiting.find(([text]) => text === "Send")[1](); }));
  file = { path: "--force; touch Gone.md $(x)", extension: "md" };
  results.push(await step(3, () => commands["render-page"].checkCallback(false)));
  results.push(await step(3, () => commands.push.checkCallback(false)));
  file = { path: "board.canvas", extension: "canvas" };
  results.push(await step(1, () => { app.open(); }));
  results.push(await step(0, () => commands.push.checkCallback(false)));
  file = null;
  results.push(await step(0, () => commands.push.checkCallback(true)));
  process.env.PATH = "";
  results.push(await step(3, () => { commands["render-vault"].callback(); }));
  console.log(JSON.stringify(results));
})();
