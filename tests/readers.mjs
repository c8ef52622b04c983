// What readers from npm find in a page; see readers.py.
import { compile } from "@mdx-js/mdx";
import MarkdownIt from "markdown-it";
import mldoc from "mldoc";
import { remark } from "remark";
import remarkDirective from "remark-directive";
import remarkGfm from "remark-gfm";
import remarkMath from "remark-math";

const kinds = (tree) => {
  const found = [];
  const walk = (node) => {
    if (node.type !== "text" && node.type !== "root") found.push(`${node.type} ${node.url ?? ""}`);
    (node.children ?? []).forEach(walk);
  };
  walk(tree);
  return found;
};
const mdx = async (text) => {
  let found = [];
  const keep = () => (tree) => { found = kinds(tree); };
  // Docusaurus takes comments out before MDX sees them.
  try { await compile(text.replace(/<!--[^]*?-->/g, ""), { remarkPlugins: [remarkGfm, keep] }); }
  catch (error) { found = [String(error)]; }
  return found;
};
const mldocOptions = JSON.stringify({
  toc: false, heading_number: false, keep_line_break: false, format: "Markdown", parse_outline_only: false,
  heading_to_list: false, exporting_keep_properties: false, inline_type_with_pos: false,
  inline_skip_macro: false, export_md_indent_style: "dashes", export_md_remove_options: [], hiccup_in_block: true,
  enable_drawers: true,
});
const logseq = (text) => {
  const found = [];
  const walk = (node) => {
    if (!Array.isArray(node)) {
      if (node && typeof node === "object") Object.values(node).forEach(walk);
      return;
    }
    if (typeof node[0] === "string" && !["Plain", "Escaped", "Break_Line"].includes(node[0])) found.push(node[0]);
    node.forEach(walk);
  };
  walk(JSON.parse(mldoc.Mldoc.parseJson(text, mldocOptions)));
  return found;
};
const linkify = new MarkdownIt({ linkify: true, html: true });
const tools = {
  directive: (text) => kinds(remark().use(remarkGfm).use(remarkMath).use(remarkDirective).parse(text)),
  linkify: (text) => {
    const flat = (tokens) => tokens.flatMap((t) => [t, ...flat(t.children ?? [])]);
    return flat(linkify.parse(text, {})).filter((t) => !t.type.startsWith("text")).map((t) => `${t.type} ${t.attrs ?? ""}`);
  },
  logseq,
  mdx,
};
