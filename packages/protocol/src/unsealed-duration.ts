/** How long the hatch has been open, for people: `<1m`, `11m`, `3h 14m`, `4d 7h`; null gives `unknown`. */
export function unsealedDuration(seconds: number | null): string {
  if (seconds === null) return 'unknown';
  if (seconds < 60) return '<1m';
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes}m`;
  const hours = Math.floor(minutes / 60);
  return hours < 24 ? `${hours}h ${minutes % 60}m` : `${Math.floor(hours / 24)}d ${hours % 24}h`;
}
