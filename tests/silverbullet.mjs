// SilverBullet's rules for the parser `@lezer/markdown`; see silverbullet.py.
import { parser, Strikethrough, Subscript, Superscript } from "@lezer/markdown";

const tag = /^#(?:(?:\d*[^\d\s!@#$%^&*(),.?":{}|<>\\][^\s!@#$%^&*(),.?":{}|<>\\]*)|(?:<[^>\n]+>))/;
const url = /^https?:\/\/([-a-zA-Z0-9@:%_+~#=]|(?:[.](?!(\s|$)))){1,256}([-a-zA-Z0-9(@:%_+~#?&=\/]|(?:[.,:;)](?!(\s|$))))*/;
const found = (name, regex) => ({
  defineNodes: [name],
  parseInline: [{
    name,
    parse(cx, next, pos) {
      const match = regex.exec(cx.slice(pos, cx.end));
      return match ? cx.addElement(cx.elt(name, pos, pos + match[0].length)) : -1;
    },
  }],
});
const early = (name, regex) => {
  const extension = found(name, regex);
  extension.parseInline[0].after = "Emphasis";
  return extension;
};
const balanced = (text, from, open, close) => {
  let depth = 0;
  for (let i = from; i < text.length; i++) {
    if (text[i] === open) depth++;
    if (text[i] === close && --depth === 0) return i + 1;
  }
  return -1;
};
const nested = (name, start, open, close) => ({
  defineNodes: [name],
  parseInline: [{
    name,
    parse(cx, next, pos) {
      const text = cx.slice(pos, cx.end);
      if (!start.test(text)) return -1;
      const end = balanced(text, text.indexOf(open), open, close);
      return end < 0 || text[end] === "(" ? -1 : cx.addElement(cx.elt(name, pos, pos + end));
    },
    after: "Emphasis",
  }],
});
const highlight = { resolve: "Highlight", mark: "HighlightMark" };
const highlights = {
  defineNodes: ["Highlight", "HighlightMark"],
  parseInline: [{
    name: "Highlight",
    parse: (cx, next, pos) =>
      next === 61 && cx.char(pos + 1) === 61 ? cx.addDelimiter(highlight, pos, pos + 2, true, true) : -1,
    after: "Emphasis",
  }],
};
const tasks = {
  defineNodes: [{ name: "Task", block: true }],
  parseBlock: [{
    name: "TaskList",
    leaf(cx, leaf) {
      const match = /^\[([^\]:]+)\](?:[ \t]|$)/.exec(leaf.content);
      if (!match || cx.parentType().name !== "ListItem") return null;
      const end = match[1].length + 2;
      return {
        nextLine: () => false,
        finish(cx, leaf) {
          const rest = cx.parser.parseInline(leaf.content.slice(end), leaf.start + end);
          const last = leaf.start + leaf.content.length;
          cx.addLeafElement(leaf, cx.elt("Task", leaf.start, last, [...rest]));
          return true;
        },
      };
    },
    after: "SetextHeading",
  }],
};
const delimiter = /^\|?(\s*:?-+:?\s*\|)+(\s*:?-+:?\s*)?$/;
function row(cx, line, start, offset) {
  const made = [];
  let depth = 0, escaped = false, from = -1, to = -1;
  const cell = () => from >= 0 && made.push(
    cx.elt("TableCell", offset + from, offset + to, cx.parser.parseInline(line.slice(from, to), offset + from)));
  for (let i = start; i < line.length; i++) {
    if (line[i] === "[") depth++;
    else if (line[i] === "]" && depth > 0) depth--;
    if (line[i] === "|" && !escaped && depth === 0) {
      cell();
      from = to = -1;
    } else if (escaped || (line[i] !== " " && line[i] !== "\t")) {
      if (from < 0) from = i;
      to = i + 1;
    }
    escaped = !escaped && line[i] === "\\";
  }
  cell();
  return made;
}
class Rows {
  nextLine(cx, line, leaf) {
    if (this.rows === undefined) {
      const text = line.text.slice(line.pos);
      const first = delimiter.test(text) ? row(cx, leaf.content, 0, leaf.start) : [];
      this.rows = first.length && first.length === row(cx, line.text, line.pos, 0).length
        ? [cx.elt("TableHeader", leaf.start, leaf.start + leaf.content.length, first)] : null;
    } else if (this.rows) {
      const made = row(cx, line.text, line.pos, cx.lineStart);
      this.rows.push(cx.elt("TableRow", cx.lineStart + line.pos, cx.lineStart + line.text.length, made));
    }
    return false;
  }
  finish(cx, leaf) {
    if (!this.rows) return false;
    cx.addLeafElement(leaf, cx.elt("Table", leaf.start, leaf.start + leaf.content.length, this.rows));
    return true;
  }
}
const bar = (text) => /(?<!\\)(?:\\\\)*\|/.test(text);
const tables = {
  defineNodes: [{ name: "Table", block: true }, "TableHeader", "TableRow", "TableCell"],
  parseBlock: [{
    name: "Table",
    leaf: (cx, leaf) => (bar(leaf.content) ? new Rows() : null),
    before: "SetextHeading",
  }],
};

const reader = parser.configure([
  early("WikiLink", /^!?\[\[.*?\]\]/), nested("Attribute", /^\[[\w$]+::?\s*/, "[", "]"), tasks,
  highlights, nested("LuaDirective", /^\$\{/, "{", "}"), early("FootnoteRef", /^\[\^[^\]\s]+\](?!:)/),
  early("InlineFootnote", /^\^\[[^\]]+\]/), Strikethrough, tables, found("NakedURL", url),
  found("Hashtag", tag), found("NamedAnchor", /^\$[A-Za-z_][A-Za-z0-9_/:-]*/), Superscript, Subscript,
]);
const silent = /^(Escape|Entity|.*Mark|Document)$/;
const shown = (text) => text
  .replace(/\\([!-/:-@[-`{-~])/g, "$1")
  .replace(/&#(\d+);/g, (_, code) => String.fromCodePoint(Number(code)))
  .replace(/\u2060/g, "")
  .replace(/\s+/g, " ");
const tools = {
  nodes(text) {
    const made = [];
    reader.parse(text).iterate({ enter(node) {
      // `[x]` without an address is coloured like a link, and is none.
      const bare = node.name === "Link" && !node.node.getChild("URL") && !node.node.getChild("LinkLabel");
      if (!bare && !silent.test(node.name)) made.push([node.name, shown(text.slice(node.from, node.to)).trim()]);
    } });
    return made;
  },
};
