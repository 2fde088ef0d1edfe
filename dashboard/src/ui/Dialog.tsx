import type { ReactNode } from "react";
import { Dialog as AriaDialog, Heading, Modal, ModalOverlay } from "react-aria-components";

import css from "./Dialog.module.css";

interface DialogProps {
  title: string;
  open: boolean;
  /** Takes the whole width of the window. */
  wide?: boolean;
  onClose: () => void;
  children: ReactNode;
  /** A question that must be answered: a click next to it does not close it. */
  question?: boolean;
}

/** A modal dialog: keeps the focus inside, restores it afterwards, closes on Escape. */
export function Dialog({ title, open, onClose, children, question = false, wide = false }: DialogProps) {
  return (
    <ModalOverlay className={css["backdrop"] ?? ""} isOpen={open} isDismissable={!question} onOpenChange={(shown) => { if (!shown) onClose(); }}>
      <Modal className={`${css["modal"] ?? ""} ${wide ? (css["wide"] ?? "") : ""}`}>
        <AriaDialog className={css["dialog"] ?? ""} role={question ? "alertdialog" : "dialog"}>
          <Heading slot="title" level={2}>
            {title}
          </Heading>
          {children}
        </AriaDialog>
      </Modal>
    </ModalOverlay>
  );
}

export function DialogActions({ children }: { children: ReactNode }) {
  return <div className={css["actions"]}>{children}</div>;
}
