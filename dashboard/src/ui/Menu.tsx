import type { ReactNode } from "react";
import { Button } from "react-aria-components/Button";
import { Menu as AriaMenu, MenuItem, MenuTrigger } from "react-aria-components/Menu";
import { Popover } from "react-aria-components/Popover";

import buttonCss from "./Button.module.css";
import css from "./Menu.module.css";

export interface MenuAction {
  id: string;
  name: ReactNode;
  onAction: () => void;
  danger?: boolean;
  disabled?: boolean;
  /** Shown at the end of the line, for example a key. */
  note?: ReactNode;
}

/** A button that opens a list of actions; arrow keys, first letters and Escape work. */
export function Menu({ label, children, actions, look = "plain", testId }: { label: string; children: ReactNode; actions: readonly MenuAction[]; look?: "plain" | "icon"; testId?: string }) {
  return (
    <MenuTrigger>
      <Button className={`${buttonCss["button"]} ${look === "icon" ? buttonCss["icon"] : ""}`} aria-label={label} data-testid={testId}>
        {children}
      </Button>
      <Popover className={css["popover"] ?? ""} placement="bottom end">
        <AriaMenu aria-label={label} className={css["menu"] ?? ""} items={actions} disabledKeys={actions.filter(({ disabled }) => disabled).map(({ id }) => id)}>
          {({ id, name, note, danger, onAction }) => (
            <MenuItem id={id} onAction={onAction} textValue={typeof name === "string" ? name : id} className={`${css["item"]} ${danger ? css["danger"] : ""}`} data-testid={`menu-${id}`}>
              <span>{name}</span>
              {note ? <span className={css["note"]}>{note}</span> : null}
            </MenuItem>
          )}
        </AriaMenu>
      </Popover>
    </MenuTrigger>
  );
}
