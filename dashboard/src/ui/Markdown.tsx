import { Fragment, type ReactNode } from "react";

import css from "./Markdown.module.css";
import { Table } from "./Table";

/**
 * Markdown of a note or report as elements: headings, paragraphs, lists, quotes, tables and code. Nothing is ever
 * HTML, links lead to http(s) only, and an image is replaced by its name, because loading it from another site would reveal the reader.
 */
export function Markdown({ text, caption, testId }: { text: string; caption: string; testId?: string }) {
  return (
    <div className={css["text"]} data-testid={testId}>
      {blocks(text.split(/\r?\n/), caption)}
    </div>
  );
}

const FENCE = /^ {0,3}(```|~~~)/;
const HEADING = /^ {0,3}(#{1,6}) +(.*)$/;
const ITEM = /^ {0,3}(?:[-*+]|(\d{1,9})[.)])\s+(.*)$/;
const QUOTE = /^ {0,3}> ?(.*)$/;
const RULE = /^ {0,3}([-*_])( *\1){2,} *$/;
const TABLE_RULE = /^\|?\s*:?-+:?\s*(\|\s*:?-+:?\s*)*\|?\s*$/;
/** Maximum depth of nested quotes. */
const DEEPEST = 8;

function blocks(lines: readonly string[], caption: string, depth = 0): ReactNode[] {
  const found: ReactNode[] = [];
  let [at, named] = [0, caption];
  const line = () => lines[at] ?? "";
  const take = (pattern: RegExp): string[] => {
    const taken: string[] = [];
    for (let match = pattern.exec(line()); match !== null && at < lines.length; match = pattern.exec(line())) {
      taken.push(match.at(-1) ?? "");
      at += 1;
    }
    return taken;
  };
  const startsBlock = () => [FENCE, HEADING, ITEM, QUOTE, RULE].some((pattern) => pattern.test(line())) || isTable(lines, at);
  while (at < lines.length) {
    const key = at;
    if (line().trim() === "" || RULE.test(line())) {
      at += 1;
    } else if (FENCE.test(line())) {
      const fence = FENCE.exec(line())?.[1] ?? "```";
      const code: string[] = [];
      for (at += 1; at < lines.length && !line().trimStart().startsWith(fence); at += 1) code.push(line());
      at += 1;
      found.push(<pre key={key}>{code.join("\n")}</pre>);
    } else if (HEADING.test(line())) {
      const [, marks = "#", title = ""] = HEADING.exec(line()) ?? [];
      const words = title.trim();
      found.push(marks.length === 1 ? <h3 key={key}>{inline(words)}</h3> : <h4 key={key}>{inline(words)}</h4>);
      named = words;
      at += 1;
    } else if (QUOTE.test(line()) && depth < DEEPEST) {
      found.push(<blockquote key={key}>{blocks(take(QUOTE), named, depth + 1)}</blockquote>);
    } else if (ITEM.test(line())) {
      const numbered = ITEM.exec(line())?.[1] !== undefined;
      const items = take(ITEM).map((item, index) => <li key={index}>{inline(item)}</li>);
      found.push(numbered ? <ol key={key}>{items}</ol> : <ul key={key}>{items}</ul>);
    } else if (isTable(lines, at)) {
      const rows: string[][] = [];
      for (; at < lines.length && line().includes("|"); at += 1) rows.push(cells(line()));
      found.push(<Rows key={key} caption={named} rows={rows} />);
    } else {
      const paragraph = [line()];
      for (at += 1; at < lines.length && line().trim() !== "" && !startsBlock(); at += 1) paragraph.push(line());
      found.push(<p key={key}>{inline(paragraph.join("\n"))}</p>);
    }
  }
  return found;
}

function isTable(lines: readonly string[], at: number): boolean {
  return (lines[at] ?? "").includes("|") && TABLE_RULE.test(lines[at + 1] ?? "") && (lines[at + 1] ?? "").includes("-");
}

function cells(line: string): string[] {
  return line.trim().replace(/^\|/, "").replace(/(?<!\\)\|$/, "").split(/(?<!\\)\|/).map((cell) => cell.trim());
}

function Rows({ caption, rows: [head = [], , ...rows] }: { caption: string; rows: readonly string[][] }) {
  return (
    <Table caption={caption}>
      <thead>
        <tr>
          {head.map((cell, column) => (
            <th key={column} scope="col">{inline(cell)}</th>
          ))}
        </tr>
      </thead>
      <tbody>
        {rows.map((row, index) => (
          <tr key={index}>
            {head.map((_, column) => (column === 0 ? <th key={column} scope="row">{inline(row[column] ?? "")}</th> : <td key={column}>{inline(row[column] ?? "")}</td>))}
          </tr>
        ))}
      </tbody>
    </Table>
  );
}

/** The first of these that is found ends the plain text before it: \\x, `code`, ![name](…), [text](address), **x**, *x*. */
const MARK = /\\([!-/:-@[-`{-~])|`([^`]+)`|!\[([^\]]*)\]\([^)]*\)|\[([^\]]+)\]\(([^)\s]*)\)|\*\*([^*]+)\*\*|\*([^*\s][^*]*)\*|(?<!\w)_([^_\s][^_]*)_(?!\w)/;

function inline(text: string): ReactNode {
  const found: ReactNode[] = [];
  let rest = text;
  for (let match = MARK.exec(rest); match !== null; match = MARK.exec(rest)) {
    const [whole, escaped, code, image, name, to, strong, starred, lined] = match;
    found.push(rest.slice(0, match.index));
    const key = found.length;
    if (code !== undefined) found.push(<code key={key}>{code}</code>);
    else if (name !== undefined) found.push(isWeb(to) ? <a key={key} href={to} rel="noreferrer noopener" target="_blank">{name}</a> : whole);
    else if (strong !== undefined) found.push(<strong key={key}>{inline(strong)}</strong>);
    else if (starred !== undefined || lined !== undefined) found.push(<em key={key}>{inline(starred ?? lined ?? "")}</em>);
    else found.push(escaped ?? image ?? "");
    rest = rest.slice(match.index + whole.length);
  }
  return (
    <>
      {found.map((each, index) => (
        <Fragment key={index}>{each}</Fragment>
      ))}
      {rest}
    </>
  );
}

function isWeb(to: string | undefined): to is string {
  return /^https?:\/\//i.test(to ?? "");
}
