/** What the user has set, and what of it goes to the server. */

import { workspace } from "vscode";

export const SECTION = "dropout-lint";

export interface Settings {
  readonly enable: boolean;
  /** A Python; empty: to be looked for. */
  readonly interpreter: string;
  /** The command `dropout-lint`; empty: run the module of the interpreter. */
  readonly path: string;
  /** The `initializationOptions` of the server, which knows no others. */
  readonly options: Readonly<Record<string, unknown>>;
}

export function settings(): Settings {
  const section = workspace.getConfiguration(SECTION);
  const options: Record<string, unknown> = { inlayHints: section.get<boolean>("inlayHints", false) };
  for (const name of ["select", "extendSelect", "ignore", "minConfidence"]) {
    const value = section.get<string[] | string | null>(name, null);
    // A `select` of nothing selects nothing; an addition of nothing need not be said.
    if (value !== null && (value.length > 0 || name === "select")) {
      options[name] = value;
    }
  }
  return {
    enable: section.get<boolean>("enable", true),
    interpreter: section.get<string>("interpreter", ""),
    path: section.get<string>("path", ""),
    options,
  };
}
