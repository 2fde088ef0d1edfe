export const parallel = {
  parallel: {
    color: "Colour by",
    noColor: "One colour",
    count_one: "{{shown}} of {{all}} line matches",
    count_other: "{{shown}} of {{all}} lines match",
    clear: "Clear all filters",
    axis: "Axis {{name}}, {{at}} of {{count}}; arrow keys move it",
    scale: "Scale of {{name}}",
    kinds: { linear: "linear", log: "log", category: "categories" },
    low: "Lower limit of {{name}}",
    high: "Upper limit of {{name}}",
    hint: "Drag along an axis to filter; a click on it removes its filter. Drag a name to reorder. By keyboard: arrow keys on a name move the axis; on the bars at its ends they set the limits.",
    tooFew: "Too few columns with values to draw this chart.",
  },
  scatter: {
    x: "Horizontal axis",
    y: "Vertical axis",
    none: "No row has a value in both columns.",
    keys: "Use the arrow keys to read the points",
    label_one: "Scatter plot of {{y}} over {{x}}, {{count}} point; the table contains the same value",
    label_other: "Scatter plot of {{y}} over {{x}}, {{count}} points; the table contains the same values",
  },
};
