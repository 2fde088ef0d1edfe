import { Table } from "../ui/Table";

/** A card's Markdown as elements: headings, paragraphs, quotes, lists and tables are all it holds; nothing is HTML. */
export function CardText({ markdown }: { markdown: string }) {
  const blocks = markdown.split("\n\n").map((block) => block.trim()).filter((block) => block !== "");
  const headingOf = (index: number) => blocks.slice(0, index).findLast((block) => block.startsWith("## "))?.slice(3) ?? "";
  return (
    <div data-testid="card-text">
      {blocks.map((block, index) => {
        const lines = block.split("\n");
        if (block.startsWith("# ")) return <h3 key={index}>{block.slice(2)}</h3>;
        if (block.startsWith("## ")) return <h4 key={index}>{block.slice(3)}</h4>;
        if (block.startsWith("|")) return <Cells key={index} caption={headingOf(index)} lines={lines} />;
        if (block.startsWith("- ")) {
          return (
            <ul key={index}>
              {lines.map((line) => (
                <li key={line}>{line.slice(2)}</li>
              ))}
            </ul>
          );
        }
        if (block.startsWith("> ")) return <blockquote key={index}>{lines.map((line) => line.slice(2)).join("\n")}</blockquote>;
        if (block.startsWith("**")) return <p key={index}><strong>{block.slice(2, -2)}</strong></p>;
        return <p key={index}>{block}</p>;
      })}
    </div>
  );
}

function Cells({ caption, lines }: { caption: string; lines: readonly string[] }) {
  const [head = [], , ...rows] = lines.map((line) => line.slice(2, -2).split(/(?<!\\) \| /).map((cell) => cell.replaceAll("\\|", "|")));
  return (
    <Table caption={caption}>
      <thead>
        <tr>
          {head.map((cell) => (
            <th key={cell} scope="col">
              {cell}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {rows.map((row) => (
          <tr key={row.join("|")}>
            {row.map((cell, column) => (column === 0 ? <th key={column} scope="row">{cell}</th> : <td key={column}>{cell}</td>))}
          </tr>
        ))}
      </tbody>
    </Table>
  );
}
