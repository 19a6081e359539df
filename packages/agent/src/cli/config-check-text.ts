import { printable } from '../host/printable.ts';
import type { ConfigReport } from './config-check.ts';

const MAX_LINE_CHARS = 4_096;

/** For people: v1's lines first (wire page, 12.3), then what it comes to. Fatal lines go to standard error. */
export function formatReport(report: ConfigReport): { readonly stdout: string; readonly stderr: string } {
  const lines = [
    ...(report.ok ? [`Core config OK: ${report.config}`] : []),
    ...report.sections.map(({ table, state, reason }) => `${table}: ${state} (${reason})`),
    ...report.unclaimed.map((name) => `${name}: unclaimed section, ignored`),
    ...report.warnings.map(({ text }) => `Warning: ${text}`),
    ...report.leftOut.map(({ command, text }) => `Left out: ${command}: ${text}`),
    ...report.notes.map((note) => `Note: ${note}`),
    ...(report.asUser === (process.geteuid?.() ?? -1)
      ? []
      : [`Checked with the rights of user ${report.asUser}, who owns the state folder.`]),
    ...outcome(report),
  ];
  return { stdout: lined(lines), stderr: lined(report.fatal.map(({ text }) => `FATAL: ${text}`)) };
}

function outcome({ wouldRun, fatal }: ConfigReport): string[] {
  if (wouldRun === null) {
    const problems = fatal.length === 1 ? 'the problem' : `the ${fatal.length} problems`;
    return [`Nothing would run: correct ${problems} marked FATAL first.`];
  }
  const { agentId, hub, plugins, commands } = wouldRun;
  return [
    `Would run: agent ${agentId} at ${hub}, with ${plugins.join(', ')}.`,
    commands.length === 0 ? 'Would offer no command.' : `Would offer ${counted(commands)}: ${commands.join(', ')}.`,
  ];
}

function counted({ length }: readonly string[]): string {
  return length === 1 ? '1 command' : `${length} commands`;
}

function lined(lines: readonly string[]): string {
  return lines.map((line) => `${printable(line, MAX_LINE_CHARS)}\n`).join('');
}
