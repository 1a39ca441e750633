// Which of its own tests a project runs, and how much is told of them.
const OPTION = '-(?:[vxsql]+|n ?\\d+|j ?\\d+|race|short|[kmtg]|run|bench|count=\\d+|R|-(?:lf|ff|nf|sw|no-header|no-cov|exitfirst|verbose|quiet|silent|bail|runInBand|nocapture|ignored|release|lib|fail-fast|trace|output-on-failure|(?:tb|durations|maxfail|color|seed|test-threads|timeout|run|filter|grep|testNamePattern|tests|only|tag)(?:=[\\w.:*-]+)?))'
const WORD = '(?!-)[\\w.:*,\\[\\]-]+|(?:\\./)?(?:tests?|specs?|src|pkg|internal|e2e|cmd|lib|packages)/[\\w./:*\\[\\]-]+'
const WORDS = new RegExp(`^(?!.*\\.\\.)(?:(?:${OPTION}|${WORD})(?: |$))+$`)

/** Whether a text is options and names for a runner of tests, and neither loads nor starts anything. */
export function saysTests (text: string): boolean {
  return text.length <= 400 && WORDS.test(text)
}
