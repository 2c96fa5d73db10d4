/** Which program to start: the one that is set, or the module of the chosen Python. */

import { execFile } from "node:child_process";
import { tmpdir } from "node:os";
import { type Event, extensions, type Uri, workspace } from "vscode";
import type { Settings } from "./settings";

/** What we use of https://github.com/microsoft/vscode-python/tree/main/pythonExtensionApi */
interface PythonExtension {
  readonly environments?: {
    getActiveEnvironmentPath(resource?: Uri): { readonly path: string };
    resolveEnvironment(
      environment: { readonly path: string },
    ): Promise<{ readonly executable: { readonly uri?: Uri } } | undefined>;
    readonly onDidChangeActiveEnvironmentPath: Event<unknown>;
  };
}

export interface Command {
  readonly command: string;
  readonly args: string[];
  /** Into which Python to install what is missing; undefined if a command is set. */
  readonly interpreter?: string;
}

export async function pythonExtension(): Promise<PythonExtension | undefined> {
  const found = extensions.getExtension<PythonExtension>("ms-python.python");
  try {
    return await found?.activate();
  } catch {
    return undefined; // it says itself what is wrong with it
  }
}

export async function command(settings: Settings): Promise<Command> {
  if (settings.path !== "") {
    return { command: resolved(settings.path), args: ["server"] };
  }
  const interpreter = settings.interpreter !== "" ? resolved(settings.interpreter) : await chosenInterpreter();
  return { command: interpreter, args: ["-m", "dropout_lint", "server"], interpreter };
}

const FIND = "import importlib.util as u, sys; sys.exit(sum(2**i for i, n in enumerate(sys.argv[1:]) if not u.find_spec(n)))";

/** Why the program cannot be started, in words for the user; undefined if it can, as far as one can see before. */
export function problem(program: Command): Promise<string | undefined> {
  const { command, interpreter } = program;
  const args = interpreter === undefined ? ["--version"] : ["-c", FIND, "dropout_lint", "pygls"];
  return new Promise((resolve) => {
    execFile(command, args, { timeout: 20_000, cwd: tmpdir() }, (error) => {
      if (error === null) {
        resolve(undefined);
      } else if (typeof error.code === "number" && interpreter !== undefined && error.code <= 3) {
        const package_ = error.code === 2 ? "the language server needs pygls" : "dropout-lint is not installed";
        resolve(`${package_}: pip install 'dropout-lint[lsp]' for ${interpreter}`);
      } else {
        resolve(`${command} cannot be run: ${error.message.split("\n", 1)[0]}`);
      }
    });
  });
}

async function chosenInterpreter(): Promise<string> {
  const environments = (await pythonExtension())?.environments;
  if (environments !== undefined) {
    const active = environments.getActiveEnvironmentPath(workspace.workspaceFolders?.[0]?.uri);
    const executable = (await environments.resolveEnvironment(active))?.executable.uri;
    if (executable !== undefined) {
      return executable.fsPath;
    }
  }
  const configured = workspace.getConfiguration("python").get<string>("defaultInterpreterPath", "");
  if (configured !== "" && configured !== "python") {
    return resolved(configured);
  }
  return process.platform === "win32" ? "python" : "python3";
}

/** The variables of VS Code's settings that a path may hold. */
function resolved(path: string): string {
  return path
    .replace(/\$\{workspaceFolder\}/g, workspace.workspaceFolders?.[0]?.uri.fsPath ?? "")
    .replace(/\$\{env:([^}]*)\}/g, (_, name: string) => process.env[name] ?? "")
    .replace(/^~(?=[/\\])/, process.env.HOME ?? process.env.USERPROFILE ?? "~");
}
