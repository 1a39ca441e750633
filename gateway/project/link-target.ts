/**
 * Whether a symbolic link at `path` (workspace-relative, through real directories only) stays inside the workspace.
 *
 * Only targets of the form `../../a/b` pass: parents first, then names. A `..` after a name would be resolved by the
 * kernel against wherever that name leads, which text cannot tell.
 */
export function staysInside (path: string, target: string): boolean {
  if (target === '' || target.startsWith('/') || target.includes('\0') || target.length > 4_096) return false
  const depth = path.split('/').length - 1
  const parts = target.split('/').filter((part) => part !== '' && part !== '.')
  const firstName = parts.findIndex((part) => part !== '..')
  const ups = firstName === -1 ? parts.length : firstName
  return ups <= depth && !parts.slice(ups).includes('..')
}
