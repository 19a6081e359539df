/** How to get in: the link the hub printed, and the command that prints another. */
export function SetupCodeHelp() {
  return (
    <>
      <p>A link works once and for 15 minutes. On the machine the hub runs on, this prints another:</p>
      <pre className="line">stormpulse-hub setup-code --state DIR</pre>
    </>
  );
}
