// The log capability: always granted, limited in rate. Lines are tagged with the plugin's name by the host.
import { logLine } from "./log-line";

export namespace log {
  export function debug(message: string): void {
    logLine("debug", message);
  }

  export function info(message: string): void {
    logLine("info", message);
  }

  export function warn(message: string): void {
    logLine("warn", message);
  }

  export function error(message: string): void {
    logLine("error", message);
  }
}
