// Drives the packaged extension in a browser build of VS Code (code-server), as a user would: open a file, see the
// findings, apply the quick fix, see it go, hover, see the hints; edit one file and see another's findings change; open
// a notebook; save, and have the safe fixes made.
//
//   node drive.mjs ADDRESS FOLDER [PICTURE.png]
//
// ADDRESS is that of a code-server without authentication, FOLDER the project of tests/editors/test_vscode.py, which
// runs this.  Exits 1 with the reason if something does not come within two minutes.
import { chromium } from "playwright-core";

const [address, folder, picture] = process.argv.slice(2);
const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
  args: ["--no-sandbox"],
});
const page = await browser.newPage({ viewport: { width: 1000, height: 700 } });
page.setDefaultTimeout(120_000);
const seen = (what) => console.log(`seen: ${what}`);

async function command(title) {
  await page.keyboard.press("F1");
  const input = page.locator(".quick-input-widget input").first();
  await input.waitFor();
  await input.fill(`>${title}`);
  await page.locator(".quick-input-list .monaco-list-row").filter({ hasText: title }).first().waitFor();
  await page.keyboard.press("Enter");
}

async function open(name, text) {
  await page.locator(".explorer-folders-view .monaco-list-row").filter({ hasText: name }).first().dblclick();
  await page.locator(".view-line").filter({ hasText: text }).first().waitFor();
}

async function goTo(line, column) {
  await page.locator(".monaco-editor .view-lines").first().click();
  await page.keyboard.press("Control+g");
  const input = page.locator(".quick-input-widget input").first();
  await input.waitFor();
  await input.fill(`:${line}:${column}`);
  await page.keyboard.press("Enter");
  await page.locator(".statusbar-item").filter({ hasText: `Ln ${line}, Col ${column}` }).first().waitFor();
}

/** Press `keys` until `wanted` is there: what is asked for too early shows nothing. */
async function press(keys, wanted) {
  for (let left = 10; ; left -= 1) {
    await page.keyboard.press(keys);
    try {
      await wanted.waitFor({ timeout: 12_000 });
      return;
    } catch (error) {
      if (left === 0) throw error;
      await page.keyboard.press("Escape");
    }
  }
}

try {
  for (let left = 30; ; left -= 1) {
    try {
      await page.goto(`${address}/?folder=${encodeURIComponent(folder)}`);
      break;
    } catch (error) {
      if (left === 0) throw error;
      await new Promise((resolve) => setTimeout(resolve, 1000)); // it is still starting
    }
  }
  await page.locator(".monaco-workbench").waitFor();
  await open("predict.py", /nn\.Sequential/);
  seen("the file");

  await command("Problems: Focus on Problems View");
  const problems = page.locator(".markers-panel .monaco-list-row");
  const unknown = problems.filter({ hasText: "`nn.Dropout` has no parameter `rate`" });
  const mode = problems.filter({ hasText: "`model` is in train mode here" });
  await unknown.first().waitFor();
  await mode.first().waitFor();
  for (const found of [unknown, mode]) {
    if ((await found.count()) !== 1) {
      throw new Error(`a finding is shown ${await found.count()} times`);
    }
  }
  seen("each finding, once");

  await goTo(6, 20);
  const fix = page.locator(".action-widget .monaco-list-row").filter({ hasText: "Write `p=`" });
  await press("Control+.", fix.first());
  await page.keyboard.press("Enter"); // the fix is preferred, and so comes first
  await page.locator(".view-line").filter({ hasText: /drop\s=\snn\.Dropout\(p=0\.1\)/ }).waitFor();
  await unknown.first().waitFor({ state: "detached" });
  seen("the fix, and the finding gone");

  await page.locator(".view-line").filter({ hasText: /\btrain\b/ }).first().waitFor();
  seen("the hint `train`");

  await goTo(4, 45);
  await command("Show or Focus Hover");
  const hover = page.locator(".monaco-hover:visible");
  await hover.filter({ hasText: "drops elements with probability 0.3" }).first().waitFor();
  seen("hover on nn.Dropout");
  await page.keyboard.press("Escape");

  await goTo(8, 12);
  await command("Show or Focus Hover");
  await hover.filter({ hasText: "mode: train, as every new module, made here" }).first().waitFor();
  seen("hover on the call of the model");
  if (picture !== undefined) {
    await page.waitForTimeout(1000);
    await page.screenshot({ path: picture });
  }
  await page.keyboard.press("Escape");

  await open("net.py", /class\sNet/);
  await open("base.py", /class\sBase/);
  await goTo(4, 11);
  await page.keyboard.type("(nn.Module)");
  await problems.filter({ hasText: "`F.dropout` ignores `eval()`" }).first().waitFor();
  seen("a finding in another file, by an edit that is not saved");

  await open("book.ipynb", /p=1/);
  const cell = problems.filter({ hasText: "zeroes every element" });
  await cell.first().waitFor();
  if ((await cell.count()) !== 1) {
    throw new Error(`the finding in a cell is shown ${await cell.count()} times`);
  }
  seen("a finding in a cell, once");

  await open("saved.py", /rate=0\.2/);
  await page.locator(".squiggly-error:visible").first().waitFor(); // the list of problems shows the first few alone
  await goTo(3, 1);
  await page.keyboard.press("Control+s");
  await page.locator(".view-line").filter({ hasText: /nn\.Dropout\(p=0\.2\)/ }).waitFor();
  seen("the safe fix, on saving");
} catch (error) {
  console.error(`${error}`);
  await page.screenshot({ path: process.env.FAILED ?? "failed.png" });
  process.exitCode = 1;
} finally {
  await browser.close();
}
