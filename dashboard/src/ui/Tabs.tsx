import type { ReactNode } from "react";
import { Tab, TabList, TabPanel, Tabs as AriaTabs } from "react-aria-components/Tabs";
import { useLocation, useSearch } from "wouter";

import css from "./Tabs.module.css";

export interface TabContent {
  /** Part of the address, for example "curves". */
  id: string;
  title: ReactNode;
  /** Called only while the tab is shown. */
  content: () => ReactNode;
  /** Small number after the title. */
  count?: string | null;
}

interface TabsProps {
  label: string;
  tabs: readonly TabContent[];
  /** Name in the address; two sets of tabs on one page need two. */
  param?: string;
  testId?: string;
}

/** The tab that the address names, `?tab=…`, or the first one; and a function that changes it. */
export function useTab(ids: readonly string[], param = "tab"): [string, (id: string) => void] {
  const search = useSearch();
  const [location, navigate] = useLocation();
  const named = new URLSearchParams(search).get(param);
  const selected = ids.find((id) => id === named) ?? ids[0] ?? "";
  const select = (id: string) => {
    const query = new URLSearchParams(search);
    if (id === ids[0]) query.delete(param);
    else query.set(param, id);
    const next = query.toString();
    navigate(`${location}${next === "" ? "" : `?${next}`}`);
  };
  return [selected, select];
}

/** Tabs whose selection is in the address, so that it can be linked and Back returns to the former one. */
export function Tabs({ label, tabs, param = "tab", testId }: TabsProps) {
  const [selected, select] = useTab(tabs.map(({ id }) => id), param);
  return (
    <AriaTabs className={css["tabs"] ?? ""} selectedKey={selected} onSelectionChange={(key) => { if (key !== selected) select(String(key)); }} keyboardActivation="manual" data-testid={testId}>
      <TabList aria-label={label} className={css["list"] ?? ""}>
        {tabs.map(({ id, title, count }) => (
          <Tab key={id} id={id} className={css["tab"] ?? ""} data-testid={`tab-${id}`}>
            {title}
            {count ? <span className={css["count"]}>{count}</span> : null}
          </Tab>
        ))}
      </TabList>
      {tabs.map(({ id, content }) => (
        <TabPanel key={id} id={id} className={css["panel"] ?? ""}>
          {id === selected ? content() : null}
        </TabPanel>
      ))}
    </AriaTabs>
  );
}
