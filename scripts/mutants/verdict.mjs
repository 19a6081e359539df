// What a run of the tests says about a fault.

/** Undefined when a test that names the rule failed; otherwise a sentence. `report` is what vitest's json reporter writes. */
export function survival(report, rule) {
  const results = report.testResults.flatMap((file) => file.assertionResults);
  const naming = results.filter(({ fullName }) => fullName.includes(rule));
  if (naming.some(({ status }) => status === 'failed')) return undefined;
  const broken = report.testResults.find((file) => file.status === 'failed' && file.assertionResults.length === 0);
  if (broken !== undefined) return `${broken.name} did not even load: ${firstLine(broken.message)}`;
  const ran = naming.filter(({ status }) => status === 'passed').length;
  return ran === 0 ? `none of the tests names ${rule}` : `all ${ran} tests that name ${rule} passed`;
}

/** The names of the tests and files that failed. */
export function failures(report) {
  return report.testResults.flatMap((file) => {
    if (file.status === 'failed' && file.assertionResults.length === 0) return [`${file.name}: ${firstLine(file.message)}`];
    return file.assertionResults.filter(({ status }) => status === 'failed').map(({ fullName }) => fullName);
  });
}

function firstLine(text) {
  return text.split('\n')[0];
}
