#!/bin/sh
# markdown-it leaves text out without a word: what is nested deeper than its `maxNesting` (100 levels in the default
# preset) does not come out at all, where CommonMark has no such limit. Whoever shows answers of a model with it shows
# raters less than the model wrote. nudge compares the letters (web/src/text/markdown.ts) and shows such a text as it
# was written.
#
# Seen on 2026-11-30 with markdown-it 14.3.3 on node 20. Needs node and npm, and the npm registry. Ends with 1 when the
# behaviour is another one.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm install --silent --no-audit --no-fund --ignore-scripts markdown-it@14.3.3 >/dev/null
cat > try.mjs <<'JS'
import MarkdownIt from "markdown-it";
const text = (depth) => new MarkdownIt().render(`${">".repeat(depth)} words`).includes("words");
const seen = [10, 90, 101, 300].map(text);
console.log(`markdown-it 14.3.3, quotes nested 10, 90, 101, 300 deep: the words come out: ${seen.join(", ")}`);
process.exit(JSON.stringify(seen) === "[true,true,false,false]" ? 0 : 1);
JS
node try.mjs
