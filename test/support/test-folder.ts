import type { Test } from 'tap'

/** A folder of its own for a test, which is gone when the test and all its teardowns have ended. `content` as for tap's `testdir`. */
export function testFolder (test: Pick<Test, 'testdir' | 'teardown'>, content?: Parameters<Test['testdir']>[0]): string {
  // tap removes the folder before it runs teardowns unless one was there first; what a teardown has to end still works in it.
  test.teardown(() => undefined)
  return test.testdir(content)
}
