import { useId, useState, type KeyboardEvent } from "react";
import { useTranslation } from "react-i18next";
import { useLocation } from "wouter";

import { Dialog } from "../../ui/Dialog";
import { Icon } from "../../ui/Icon";
import css from "./Palette.module.css";
import { matching, useCommands, type Command } from "./commands";
import { useFound } from "./search";

const MOST = 30;

/** Finds runs, studies, models, datasets, feeds and learners of the project by name or the beginning of an id, and carries out actions. */
export default function Palette({ onClose, onKeys }: { onClose: () => void; onKeys: () => void }) {
  const { t } = useTranslation();
  const [, navigate] = useLocation();
  const id = useId();
  const [typed, setTyped] = useState("");
  const [chosen, setChosen] = useState(0);
  const commands = useCommands(onKeys);
  const found = useFound(typed, navigate);
  const items = [...matching(commands, typed), ...found.items].slice(0, MOST);
  const at = Math.min(chosen, Math.max(0, items.length - 1));

  const carryOut = (command: Command | undefined) => {
    if (command === undefined) return;
    onClose();
    command.run();
  };
  const press = (event: KeyboardEvent) => {
    const move = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (move !== undefined && items.length > 0) {
      event.preventDefault();
      const next = (at + move + items.length) % items.length;
      setChosen(next);
      document.getElementById(`${id}-${next}`)?.scrollIntoView({ block: "nearest" });
    }
    if (event.key === "Enter") {
      event.preventDefault();
      carryOut(items[at]);
    }
  };

  return (
    <Dialog title={t("palette.title")} open onClose={onClose}>
      <input
        // The dialog was opened to type here.
        // eslint-disable-next-line jsx-a11y/no-autofocus
        autoFocus
        className={css["input"]}
        type="text"
        role="combobox"
        aria-expanded={items.length > 0}
        aria-controls={`${id}-list`}
        aria-activedescendant={items.length > 0 ? `${id}-${at}` : undefined}
        aria-label={t("palette.label")}
        placeholder={t("palette.placeholder")}
        value={typed}
        autoComplete="off"
        spellCheck={false}
        maxLength={100}
        data-testid="palette"
        onChange={(event) => {
          setTyped(event.target.value);
          setChosen(0);
        }}
        onKeyDown={press}
      />
      <div id={`${id}-list`} role="listbox" aria-label={t("palette.results")} className={css["list"]}>
        {items.map((command, index) => (
          // The keyboard is handled by the text field, which names the active entry.
          // eslint-disable-next-line jsx-a11y/click-events-have-key-events
          <div tabIndex={-1} key={command.id} id={`${id}-${index}`} role="option" aria-selected={index === at} className={css["item"]} onClick={() => carryOut(command)} onPointerMove={() => setChosen(index)}>
            <Icon name={command.icon} size={16} />
            <span className={css["name"]} dir="auto">
              {command.name}
            </span>
            <span className={css["kind"]}>{command.kind}</span>
            {command.keys === undefined ? null : <kbd>{command.keys}</kbd>}
          </div>
        ))}
      </div>
      <p className={css["state"]} role="status">
        {found.error ?? (items.length === 0 ? t(found.pending ? "common.loading" : "palette.none") : t("palette.hint"))}
      </p>
    </Dialog>
  );
}
