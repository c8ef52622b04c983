// @ts-check
// Obsidian on a desktop. Needs `pipx install .` in taiga-notes' checkout, and a taiga-notes.toml in the vault.
// Copy this folder to .obsidian/plugins/taiga-notes in the vault, and enable it under Community plugins.
// Commands: Render this page, Render vault, Push (plan first). The status bar tells the page's age.
const { FileSystemAdapter, MarkdownView, Modal, Notice, Plugin, Setting } = require("obsidian");
const { execFile } = require("node:child_process");
const { homedir } = require("node:os");
const { delimiter, join } = require("node:path");

/** @typedef {{ code: number, out: string, err: string }} Done */

// Programs with windows get a short PATH from macOS and some desktops.
const USUAL = [join(homedir(), ".local", "bin"), "/opt/homebrew/bin", "/usr/local/bin"];
const SOMETHING_TO_SEND = 1;
const MINUTE = 60_000;

/**
 * Runs the program; no shell has a part in it. Paths are absolute, so that none is taken for a flag,
 * and it is started outside of the vault, whose files are no programs.
 * @param {string[]} args
 * @returns {Promise<Done>}
 */
function taigaNotes(args) {
  const PATH = [process.env.PATH, ...USUAL].join(delimiter);
  const options = { cwd: homedir(), env: { ...process.env, PATH }, windowsHide: true };
  return new Promise((resolve) => {
    execFile("taiga-notes", args, options, (error, out, err) => {
      const code = error ? (typeof error.code === "number" ? error.code : -1) : 0;
      resolve({ code, out, err: err || (code < 0 && error ? error.message : "") });
    });
  });
}

/**
 * How long ago that was, for the status bar.
 * @param {number} since
 * @param {number} now
 */
function age(since, now) {
  const minutes = Math.max(0, Math.round((now - since) / MINUTE));
  if (minutes < 60) return minutes ? `${minutes} min` : "just now";
  return minutes < 2880 ? `${Math.round(minutes / 60)} h` : `${Math.round(minutes / 1440)} d`;
}

class PlanModal extends Modal {
  /**
   * @param {import("obsidian").App} app
   * @param {string} plan
   * @param {() => void} send
   */
  constructor(app, plan, send) {
    super(app);
    this.plan = plan;
    this.send = send;
  }

  onOpen() {
    this.titleEl.setText("Push to Taiga");
    this.contentEl.createEl("pre").setText(this.plan);
    new Setting(this.contentEl)
      .addButton((button) => button.setButtonText("Cancel").onClick(() => this.close()))
      .addButton((button) =>
        button.setButtonText("Send").setCta().onClick(() => {
          this.close();
          this.send();
        }),
      );
  }
}

class TaigaNotes extends Plugin {
  async onload() {
    this.since = NaN;
    this.status = this.addStatusBarItem();
    this.addCommand({
      id: "render-page",
      name: "Render this page",
      checkCallback: (checking) => this.onPage(checking, (path) => this.render(path)),
    });
    this.addCommand({
      id: "render-vault",
      name: "Render vault",
      callback: () => this.render(this.folder()),
    });
    this.addCommand({
      id: "push",
      name: "Push (plan first)",
      checkCallback: (checking) => this.onPage(checking, (path) => this.push(path)),
    });
    this.registerEvent(this.app.workspace.on("file-open", () => this.look()));
    this.registerInterval(window.setInterval(() => this.show(), MINUTE));
    await this.look();
  }

  folder() {
    const { adapter } = this.app.vault;
    if (!(adapter instanceof FileSystemAdapter)) throw new Error("the vault is in no folder");
    return adapter.getBasePath();
  }

  /** The page in front, as an absolute path; empty where there is none. */
  page() {
    const file = this.app.workspace.getActiveFile();
    return file?.extension === "md" ? join(this.folder(), file.path) : "";
  }

  /**
   * @param {boolean} checking
   * @param {(path: string) => void} act
   */
  onPage(checking, act) {
    const path = this.page();
    if (path && !checking) act(path);
    return path !== "";
  }

  /** What is typed is in the file before the program reads it. */
  async save() {
    const leaves = this.app.workspace.getLeavesOfType("markdown");
    const views = leaves.map((leaf) => leaf.view);
    await Promise.all(views.map((view) => (view instanceof MarkdownView ? view.save() : null)));
  }

  /** @param {string} path */
  async render(path) {
    await this.save();
    await this.tell(await taigaNotes(["render", path]));
  }

  /** @param {string} path */
  async push(path) {
    await this.save();
    const plan = await taigaNotes(["push", "--dry-run", path]);
    if (plan.code !== SOMETHING_TO_SEND) return this.tell(plan);
    new PlanModal(this.app, `${plan.out}${plan.err}`, async () => {
      await this.save();
      await this.tell(await taigaNotes(["push", "--yes", path]));
    }).open();
  }

  /** @param {Done} done */
  async tell({ code, out, err }) {
    new Notice(`${out}${err}`.trim() || "Taiga: nothing to do", code ? 0 : undefined);
    await this.look();
  }

  /** Looks how old the page's rows are: nobody is asked, nothing is written. */
  async look() {
    const path = this.page();
    const { out } = path ? await taigaNotes(["list", "--json", path]) : { out: "" };
    // Somebody may have gone on to another page meanwhile.
    if (path !== this.page()) return;
    this.since = oldest(out);
    this.show();
  }

  show() {
    this.status?.setText(Number.isNaN(this.since) ? "" : `Taiga: ${age(this.since ?? NaN, Date.now())}`);
  }
}

/**
 * When the oldest rows were current; NaN where that is not known.
 * @param {string} listed
 */
function oldest(listed) {
  try {
    /** @type {{ checked: string | null }[]} */
    const blocks = JSON.parse(listed).blocks;
    const times = blocks.flatMap(({ checked }) => (checked ? [Date.parse(checked)] : []));
    return times.length ? Math.min(...times) : NaN;
  } catch {
    return NaN;
  }
}

module.exports = TaigaNotes;
