/** How commander prints `--help` here. */
import type { Command, HelpConfiguration, Option } from 'commander';
import { Help } from 'commander';

export const GLOBAL_HEADING = 'Global options:';

/** What `-h` and a page without a heading of its own stand under. */
export const OWN_HEADING = 'Options:';

export const HELP: Partial<HelpConfiguration> = { subcommandTerm: listed, visibleCommands, groupItems };

/** A command in a list of commands: its name and arguments; that all of them take options goes without saying. */
function listed(command: Command): string {
  return `${command.name()} ${command.usage().replace(/^\[options\] ?/, '')}`.trimEnd();
}

/** Only the program itself lists `help`: under a group, commander's own would stand as the one command without a heading. */
function visibleCommands(this: Help, command: Command): Command[] {
  const visible = Help.prototype.visibleCommands.call(this, command);
  return command.parent === null ? visible : visible.filter((child) => command.commands.includes(child));
}

/** What is the same for every command comes last, whatever was registered first. */
function groupItems<T extends Command | Option>(
  this: Help,
  unsorted: T[],
  visible: T[],
  getGroup: (item: T) => string,
): Map<string, T[]> {
  const groups = Help.prototype.groupItems.call(this, unsorted, visible, getGroup as never) as Map<string, T[]>;
  const global = groups.get(GLOBAL_HEADING);
  if (global === undefined || groups.size === 1) return groups;
  groups.delete(GLOBAL_HEADING);
  return groups.set(GLOBAL_HEADING, global);
}
