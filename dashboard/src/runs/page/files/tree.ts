// Files by folder; the parts of their names are separated by "/".
import type { RunDetail } from "../../../api/types";

export type RunFile = RunDetail["artifacts"][number];

export interface Folder {
  name: string;
  folders: Folder[];
  files: { label: string; file: RunFile }[];
}

export function treeOf(files: readonly RunFile[]): Folder {
  const root: Folder = { name: "", folders: [], files: [] };
  for (const file of files) {
    const parts = file.name.split("/");
    const label = parts.pop() ?? file.name;
    let folder = root;
    for (const part of parts) {
      let inner = folder.folders.find(({ name }) => name === part);
      if (!inner) {
        inner = { name: part, folders: [], files: [] };
        folder.folders.push(inner);
      }
      folder = inner;
    }
    folder.files.push({ label, file });
  }
  return root;
}

export type Shown = "picture" | "pdf" | "read";

const PICTURES = ["image/png", "image/jpeg", "image/gif", "image/webp", "image/avif", "image/bmp"];

/** How a file is previewed: pictures and PDFs by the browser, all others as text or as a table of the API. SVG is text, since it may contain scripts. */
export function shownAs({ media_type: type, name }: Pick<RunFile, "media_type" | "name">): Shown {
  if (PICTURES.includes(type) || /\.(png|jpe?g|gif|webp|avif|bmp)$/i.test(name)) return "picture";
  return type === "application/pdf" || /\.pdf$/i.test(name) ? "pdf" : "read";
}
