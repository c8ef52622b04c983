// @ts-check
// VS Code. Needs `pipx install '.[lsp]'` in taiga-notes' checkout. In this folder, run `npm install`, then
// `npx @vscode/vsce package`, and give the file that comes of it to "Extensions: Install from VSIX…".
// Actions are code lenses and code actions: Ctrl+. or Cmd+.
const { workspace } = require("vscode");
const { LanguageClient } = require("vscode-languageclient/node");

/** @type {LanguageClient | undefined} */
let client;

exports.activate = () => {
  const command = workspace.getConfiguration("taiga-notes").get("program", "taiga-notes");
  client = new LanguageClient(
    "taiga-notes",
    "Taiga notes",
    { command, args: ["lsp"] },
    { documentSelector: [{ scheme: "file", language: "markdown" }] },
  );
  return client.start();
};

exports.deactivate = () => client?.stop();
