/** Starts `dropout-lint server`, and anew when what it was started with changes. */

import { commands, type ExtensionContext, window, workspace } from "vscode";
import { type DocumentSelector, LanguageClient, State, TransportKind } from "vscode-languageclient/node";
import { type Command, command, problem, pythonExtension } from "./command";
import { SECTION, settings } from "./settings";
import { Status } from "./status";

const SELECTOR: DocumentSelector = [
  { language: "python", scheme: "file" },
  { language: "python", scheme: "untitled" },
  { language: "python", scheme: "vscode-notebook-cell" },
];

const log = window.createOutputChannel("dropout-lint", { log: true });
const status = new Status(["python"]);
let client: LanguageClient | undefined;
let changes: Promise<void> = Promise.resolve();

export async function activate(context: ExtensionContext): Promise<void> {
  context.subscriptions.push(
    log,
    status,
    commands.registerCommand("dropout-lint.restart", restart),
    commands.registerCommand("dropout-lint.showLog", () => log.show()),
    workspace.onDidChangeConfiguration(async (event) => {
      // The trace is followed by the client itself.
      const ours = event.affectsConfiguration(SECTION) && !event.affectsConfiguration(`${SECTION}.trace`);
      if (ours || event.affectsConfiguration("python.defaultInterpreterPath")) {
        await restart();
      }
    }),
  );
  const environments = (await pythonExtension())?.environments;
  if (environments !== undefined) {
    context.subscriptions.push(environments.onDidChangeActiveEnvironmentPath(restart));
  }
  await restart();
}

export async function deactivate(): Promise<void> {
  await changes;
  await stop();
}

/** Stop the server if it runs, and start one as the settings say. One change at a time: they come in bursts. */
function restart(): Promise<void> {
  changes = changes.then(async () => {
    await stop();
    await start();
  });
  return changes;
}

async function stop(): Promise<void> {
  const old = client;
  client = undefined;
  try {
    if (old?.isRunning()) {
      await old.dispose();
    }
  } catch (error) {
    log.warn(`the server did not end as it should: ${error}`);
  }
}

async function start(): Promise<void> {
  const wanted = settings();
  if (!wanted.enable) {
    status.off();
    return;
  }
  status.starting();
  const program = await command(wanted);
  log.info(`starting ${[program.command, ...program.args].join(" ")}`);
  const missing = await problem(program);
  if (missing !== undefined) {
    status.failed(missing);
    log.error(missing);
    void explain(program, missing);
    return;
  }
  const run = { command: program.command, args: program.args, transport: TransportKind.stdio };
  const starting = new LanguageClient(
    SECTION,
    "dropout-lint",
    { run, debug: run },
    {
      documentSelector: SELECTOR,
      outputChannel: log,
      initializationOptions: wanted.options,
    },
  );
  client = starting;
  starting.onDidChangeState(({ newState }) => {
    if (newState === State.Stopped && client === starting) {
      status.failed("the server has ended; the log says why");
    }
  });
  try {
    await starting.start();
    status.running(starting.initializeResult?.serverInfo?.version ?? "", program.command);
  } catch (error) {
    status.failed("the server does not start; the log says why");
    log.error(`${error}`);
  }
}

async function explain(program: Command, missing: string): Promise<void> {
  const choices = program.interpreter === undefined ? ["Show Log"] : ["Show Log", "Select Interpreter"];
  const chosen = await window.showErrorMessage(`dropout-lint: ${missing}`, ...choices);
  if (chosen === "Show Log") {
    log.show();
  } else if (chosen === "Select Interpreter") {
    const known = await commands.getCommands(true);
    if (known.includes("python.setInterpreter")) {
      await commands.executeCommand("python.setInterpreter");
    } else {
      await commands.executeCommand("workbench.action.openSettings", "dropout-lint.interpreter");
    }
  }
}
