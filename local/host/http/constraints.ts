/** Whether a path's value satisfies one constraint of a route. */
export type Constraint = (value: string) => boolean;

const plain: Readonly<Record<string, RegExp>> = {
  int: /^-?\d{1,10}$/,
  long: /^-?\d{1,19}$/,
  bool: /^(?:true|false)$/i,
  alpha: /^[a-z]*$/i,
  guid: /^\{?[0-9a-f]{8}-?(?:[0-9a-f]{4}-?){3}[0-9a-f]{12}\}?$/i,
  decimal: /^-?\d+(?:\.\d+)?$/,
  double: /^-?\d+(?:\.\d+)?(?:e[+-]?\d+)?$/i,
  float: /^-?\d+(?:\.\d+)?(?:e[+-]?\d+)?$/i,
  required: /./,
};

const withNumbers: Readonly<Record<string, (value: string, low: number, high: number) => boolean>> = {
  min: (value, low) => Number(value) >= low,
  max: (value, low) => Number(value) <= low,
  range: (value, low, high) => Number(value) >= low && Number(value) <= high,
  minlength: (value, low) => value.length >= low,
  maxlength: (value, low) => value.length <= low,
  length: (value, low, high) => value.length >= low && value.length <= high,
};

/** Reads ASP.NET's notation, such as `int`, `range(1,9)` or `regex(^a)`. */
export function constraintFrom(text: string, template: string): Constraint {
  const [, name = "", argument] = /^([a-z]+)(?:\((.*)\))?$/i.exec(text) ?? [];
  const key = name.toLowerCase();
  const pattern = argument === undefined ? plain[key] : key === "regex" ? new RegExp(argument, "i") : undefined;
  if (pattern) return (value) => pattern.test(value);
  const compare = withNumbers[key];
  if (compare === undefined || argument === undefined) {
    throw new Error(`The route "${template}" has an unknown constraint: "${text}".`);
  }
  const [low = Number.NaN, high = low] = argument.split(",").map(Number);
  if (Number.isNaN(low) || Number.isNaN(high)) throw new Error(`The route "${template}": "${text}" wants numbers.`);
  return (value) => compare(value, low, high);
}
