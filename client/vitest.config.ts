import { existsSync } from "node:fs";
import { playwright } from "@vitest/browser-playwright";
import { defineConfig } from "vitest/config";

const systemChromium = process.env.CHROMIUM ?? "/usr/bin/chromium";

/** Files that `make quick` has no time for. */
const leftOut = (process.env.LEAVE_OUT ?? "").split(" ").filter(Boolean);

const chromium = playwright({
  launchOptions: {
    ...(existsSync(systemChromium) ? { executablePath: systemChromium } : {}),
    args: [
      "--no-sandbox",
      "--no-first-run",
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync",
      "--use-fake-device-for-media-stream=fps=5", // few frames: the tests share the machine
      "--use-fake-ui-for-media-stream",
      "--autoplay-policy=no-user-gesture-required",
    ],
  },
});

export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: "node",
          environment: "node",
          include: ["test/**/*.test.ts"],
          exclude: ["test/browser/**", ...leftOut],
          maxWorkers: 2, // without it Vitest leaves one of two cores to itself
        },
      },
      {
        optimizeDeps: {
          include: [
            "@microsoft/signalr",
            "altcha-lib",
            "altcha-lib/algorithms/web/pbkdf2",
            "react",
            "react-dom/client",
          ],
        },
        test: {
          name: "browser",
          include: ["test/browser/*.test.ts"],
          globalSetup: ["test/browser/stun-servers.ts"],
          testTimeout: 15_000,
          maxWorkers: 2, // most tests wait
          sequence: { groupOrder: 1 }, // after the others: a browser wants the machine
          browser: {
            enabled: true,
            headless: true,
            screenshotFailures: false,
            provider: chromium,
            instances: [{ browser: "chromium" }],
          },
        },
      },
    ],
  },
});
