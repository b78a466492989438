/** A format string in parts: literal text, and the names of its fields with how they are converted. */
export type FormatPart = string | { readonly name: string; readonly conversion: "r" | "s" };

const token = /\{\{|\}\}|\{([^{}!:]*)(?:!([rs]))?\}|[{}]/g;

/**
 * Parses a format string (`str.format`) whose fields are plain names, `!r` and `!s` included. Returns null for unbalanced braces and for
 * fields with attributes, items or format specifications, which are not names.
 */
export function parseFormat(template: string): FormatPart[] | null {
  const parts: FormatPart[] = [];
  let end = 0;
  for (const { 0: found, 1: name, 2: conversion, index } of template.matchAll(token)) {
    parts.push(template.slice(end, index));
    end = index + found.length;
    if (found === "{{" || found === "}}") parts.push(found.slice(1));
    else if (name === undefined) return null;
    else parts.push({ name, conversion: conversion === "r" ? "r" : "s" });
  }
  return [...parts, template.slice(end)].filter((part) => part !== "");
}
