/** The entry in the language status: whether the server runs, and a way to its log. */

import { type DocumentSelector, languages, LanguageStatusSeverity, type Disposable } from "vscode";

export class Status implements Disposable {
  private readonly item;

  constructor(selector: DocumentSelector) {
    this.item = languages.createLanguageStatusItem("dropout-lint", selector);
    this.item.name = "dropout-lint";
    this.item.command = { command: "dropout-lint.showLog", title: "Show log" };
  }

  starting(): void {
    this.show("dropout-lint", "is starting", LanguageStatusSeverity.Information, true);
  }

  running(version: string, program: string): void {
    this.show(`dropout-lint ${version}`, program, LanguageStatusSeverity.Information);
  }

  off(): void {
    this.show("dropout-lint", "is switched off", LanguageStatusSeverity.Information);
  }

  failed(reason: string): void {
    this.show("dropout-lint", reason, LanguageStatusSeverity.Error);
  }

  private show(text: string, detail: string, severity: LanguageStatusSeverity, busy = false): void {
    this.item.text = text;
    this.item.detail = detail;
    this.item.severity = severity;
    this.item.busy = busy;
  }

  dispose(): void {
    this.item.dispose();
  }
}
