import { useQueries } from "@tanstack/react-query";
import { useEffect, useEffectEvent, useRef, useState } from "react";
import { useTranslation } from "react-i18next";

import { useFormats } from "../../../language/useFormats";
import { LINES, linesQuery } from "./api";
import css from "./Logs.module.css";

const ROW = 20;
/** Browsers limit the height of an element; a longer log is scrolled in proportion. */
const MOST_PIXELS = 8_000_000;
const MARGIN = 20;

/** The lines of a log, of which only the visible ones exist; a million lines scroll like a hundred. */
export function LogLines({ id, attempt, total, follow, goTo }: { id: string; attempt: number; total: number; follow: boolean; goTo: number | null }) {
  const { t } = useTranslation();
  const { count } = useFormats();
  const box = useRef<HTMLDivElement>(null);
  const [scroll, setScroll] = useState({ top: 0, height: 480 });
  const full = total * ROW;
  const pixels = Math.min(full, MOST_PIXELS);
  const fits = Math.ceil(scroll.height / ROW);
  const share = pixels > scroll.height ? scroll.top / (pixels - scroll.height) : 0;
  const top = full > MOST_PIXELS ? Math.round(share * Math.max(0, total - fits)) : Math.floor(scroll.top / ROW);
  const first = Math.max(0, top - MARGIN);
  const last = Math.min(total, top + fits + MARGIN);
  const pages = Array.from({ length: Math.max(0, Math.floor((last - 1) / LINES) - Math.floor(first / LINES) + 1) }, (_, index) => Math.floor(first / LINES) + index);
  const read = useQueries({ queries: pages.map((page) => linesQuery(id, attempt, page, Math.min(total, (page + 1) * LINES))) });
  const found = new Map(read.flatMap(({ data }) => (data ?? []).map((line) => [line.number, line] as const)));

  const jump = useEffectEvent((line: number) => {
    const element = box.current;
    if (!element) return;
    element.scrollTop = full > MOST_PIXELS ? (Math.min(line, total - fits) / Math.max(1, total - fits)) * (pixels - element.clientHeight) : Math.max(0, line * ROW - element.clientHeight / 2);
  });
  useEffect(() => {
    if (follow && box.current) box.current.scrollTop = box.current.scrollHeight;
  }, [follow, total]);
  useEffect(() => {
    if (goTo !== null) jump(goTo);
  }, [goTo]);
  useEffect(() => {
    if (box.current) setScroll({ top: box.current.scrollTop, height: box.current.clientHeight });
  }, []);

  return (
    // Focusable, because a keyboard must be able to scroll it.
    // eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex
    <div ref={box} className={css["lines"]} tabIndex={0} role="log" aria-live="off" aria-label={t("runLogs.label")} data-testid="log-lines" data-total={total} onScroll={(event) => setScroll({ top: event.currentTarget.scrollTop, height: event.currentTarget.clientHeight })}>
      <div style={{ height: pixels, position: "relative" }}>
        <ol className={css["window"]} style={{ transform: `translateY(${full > MOST_PIXELS ? scroll.top - (top - first) * ROW : first * ROW}px)` }} start={first + 1}>
          {Array.from({ length: Math.max(0, last - first) }, (_, index) => {
            const number = first + index;
            const line = found.get(number);
            return (
              <li key={number} className={`${css["row"]} ${line?.level ? (css[line.level] ?? "") : ""} ${number === goTo ? css["marked"] : ""}`}>
                <span className={css["number"]}>{count(number + 1)}</span>
                <span className={css["text"]} title={line && line.text.length > 200 ? line.text : undefined}>{line ? line.text : "…"}</span>
              </li>
            );
          })}
        </ol>
      </div>
    </div>
  );
}
