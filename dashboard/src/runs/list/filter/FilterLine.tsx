import { useQuery } from "@tanstack/react-query";
import { useEffect, useId, useRef, useState, type KeyboardEvent } from "react";
import { useTranslation } from "react-i18next";

import { takesText } from "../../../shell/keys";
import { wordsOf } from "../../../ui/failures";
import { faultOf, fieldsQuery, type Fault } from "../api";
import { placeAt, searchedFor, suggestionsAt, type Suggestion } from "./completion";
import css from "./FilterLine.module.css";
import { useStable } from "../useStable";

/** The list is read when typing pauses for this time. */
const PAUSE_MS = 250;
const MOST_CHARACTERS = 8000;

interface FilterLineProps {
  /** The filter of the shown list. */
  value: string;
  /** Show the runs that match; rejects if the API refuses the filter, and then the list stays as it is. */
  onApply: (filter: string, typing: boolean) => Promise<void>;
  /** The error of an address with a wrong filter. */
  error: Error | null;
  /** Values of a field that the page knows. */
  values: (field: string) => readonly string[];
}

/** Filter of the list with completion. A fault is marked in the text and explained below it. */
export function FilterLine({ value, onApply, error, values }: FilterLineProps) {
  const { t } = useTranslation();
  const id = useId();
  const input = useRef<HTMLInputElement>(null);
  const [text, setText] = useState(value);
  const [shown, setShown] = useState(value);
  const [own, setOwn] = useState<string | null>(null);
  const [cursor, setCursor] = useState(0);
  const [open, setOpen] = useState(false);
  const [chosen, setChosen] = useState(-1);
  const [answer, setAnswer] = useState<{ fault: Fault | null; failure: string | null }>({ fault: null, failure: null });
  const [left, setLeft] = useState(0);
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  const asked = useRef(0);
  // A link, Back or a saved view changes the filter from outside; what was typed here stays.
  if (value !== shown) {
    setShown(value);
    if (value !== own) {
      setText(value);
      setAnswer({ fault: null, failure: null });
    }
  }

  const place = placeAt(text, cursor);
  const fields = useQuery(fieldsQuery(searchedFor(place), open));
  const items = open ? suggestionsAt(place, fields.data, values) : [];
  const fault = answer.fault ?? faultOf(error, value);
  const marked = fault !== null && fault.text === text ? fault : null;

  const apply = useStable(async (filter: string, typing: boolean) => {
    clearTimeout(timer.current);
    const number = ++asked.current;
    setOwn(filter);
    try {
      await onApply(filter, typing);
      if (number === asked.current) setAnswer({ fault: null, failure: null });
    } catch (problem) {
      if (number !== asked.current) return;
      const found = faultOf(problem, filter);
      setAnswer({ fault: found, failure: found === null ? wordsOf(problem).text : null });
    }
  });
  useEffect(() => () => clearTimeout(timer.current), []);
  useEffect(() => {
    const slash = (event: globalThis.KeyboardEvent) => {
      if (event.key !== "/" || event.ctrlKey || event.metaKey || event.altKey || takesText(event.target) || document.querySelector("[role=dialog], [role=alertdialog]")) return;
      event.preventDefault();
      input.current?.focus();
    };
    document.addEventListener("keydown", slash);
    return () => document.removeEventListener("keydown", slash);
  }, []);

  const change = (next: string, at: number) => {
    setText(next);
    setCursor(at);
    setChosen(-1);
    clearTimeout(timer.current);
    timer.current = setTimeout(() => void apply(next, true), PAUSE_MS);
  };
  const replace = (with_: string, from: number, to: number) => {
    const rest = text.slice(to);
    const next = text.slice(0, from) + with_ + (with_.endsWith(" ") ? rest.trimStart() : rest);
    change(next, from + with_.length);
    requestAnimationFrame(() => {
      input.current?.focus();
      input.current?.setSelectionRange(from + with_.length, from + with_.length);
    });
  };
  const accept = (item: Suggestion) => replace(item.text, place.from, place.to);
  const press = (event: KeyboardEvent) => {
    const move = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (move !== undefined) {
      event.preventDefault();
      if (!open) setOpen(true);
      else if (items.length > 0) {
        const next = chosen === -1 && move === -1 ? items.length - 1 : (chosen + move + items.length) % items.length;
        setChosen(next);
        document.getElementById(`${id}-${next}`)?.scrollIntoView({ block: "nearest" });
      }
    } else if (event.key === "Enter") {
      event.preventDefault();
      const item = items[chosen];
      if (item) accept(item);
      else {
        setOpen(false);
        void apply(text, false);
      }
    } else if (event.key === "Escape" && open) {
      event.preventDefault();
      setOpen(false);
    }
  };

  const describe = answer.failure !== null || fault !== null;
  return (
    <div className={css["filter"]}>
      <label htmlFor={id} className={css["label"]}>
        {t("runList.filter")}
      </label>
      <div className={css["line"]}>
        <input
          ref={input}
          id={id}
          type="text"
          role="combobox"
          aria-expanded={items.length > 0}
          aria-controls={`${id}-list`}
          aria-autocomplete="list"
          aria-activedescendant={items[chosen] ? `${id}-${chosen}` : undefined}
          aria-invalid={marked !== null && !marked.unfinished ? true : undefined}
          aria-describedby={describe ? `${id}-fault` : undefined}
          className={css["input"]}
          placeholder={t("runList.filterExample")}
          value={text}
          maxLength={MOST_CHARACTERS}
          autoComplete="off"
          autoCapitalize="off"
          spellCheck={false}
          dir="ltr"
          data-testid="runs-filter"
          onChange={(event) => {
            setOpen(true);
            change(event.target.value, event.target.selectionStart ?? event.target.value.length);
          }}
          onSelect={(event) => setCursor(event.currentTarget.selectionStart ?? 0)}
          onScroll={(event) => setLeft(event.currentTarget.scrollLeft)}
          onFocus={() => setOpen(true)}
          onClick={() => setOpen(true)}
          onBlur={() => setOpen(false)}
          onKeyDown={press}
        />
        {marked === null ? null : (
          <div className={css["under"]} aria-hidden="true" data-testid="filter-mark">
            <span style={{ transform: `translateX(${-left}px)` }}>
              {text.slice(0, marked.position)}
              <span className={marked.unfinished ? css["open"] : css["wrong"]}>{text.slice(marked.position, marked.position + marked.length) || " "}</span>
            </span>
          </div>
        )}
        {text === "" ? null : (
          <button
            type="button"
            className={css["clear"]}
            aria-label={t("runList.clearFilter")}
            onClick={() => {
              setText("");
              setCursor(0);
              void apply("", false);
              input.current?.focus();
            }}
          >
            ×
          </button>
        )}
      </div>
      <div id={`${id}-fault`} role="status" className={css["fault"]}>
        {answer.failure !== null ? <p className={css["bad"]}>{answer.failure}</p> : fault === null ? null : (
          <div className={fault.unfinished ? css["hint"] : css["bad"]} data-testid="filter-fault">
            <p>{fault.message}</p>
            {fault.next === null || fault.unfinished ? null : <p className={css["hint"]}>{fault.next}</p>}
            {fault.unfinished || marked === null || marked.length === 0
              ? null
              : fault.suggestions.slice(0, 5).map((each) => (
                  <button key={each} type="button" className={css["try"]} onClick={() => replace(each, marked.position, marked.position + marked.length)}>
                    {each}
                  </button>
                ))}
          </div>
        )}
      </div>
      {items.length === 0 ? null : (
        <div id={`${id}-list`} role="listbox" aria-label={t("runList.completions")} className={css["list"]} data-testid="filter-completions">
          {items.map((item, index) => (
            // The keyboard is handled by the text field, which names the active entry and keeps the focus.
            // eslint-disable-next-line jsx-a11y/click-events-have-key-events
            <div tabIndex={-1} key={item.kind + item.text} id={`${id}-${index}`} role="option" aria-selected={index === chosen} className={css["item"]} onMouseDown={(event) => event.preventDefault()} onClick={() => accept(item)}>
              <span className={css["text"]}>{item.shown}</span>
              <span className={css["kind"]}>{t(`runList.completion.${item.kind}`)}</span>
            </div>
          ))}
        </div>
      )}
    </div>
  );
}
