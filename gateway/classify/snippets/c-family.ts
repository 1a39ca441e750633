import { BRACES, statementAt } from './compiled.ts'
import { names, type SnippetLanguage } from './snippet-language.ts'
import type { SnippetWords } from './snippet-words.ts'

// Headers of the languages themselves whose functions compute, print, or are denied by their names below.
const HEADERS = names('stdio.h stdlib.h string.h strings.h math.h stdint.h inttypes.h stdbool.h stddef.h limits.h float.h ctype.h errno.h assert.h time.h stdarg.h complex.h wchar.h wctype.h locale.h iso646.h stdalign.h stdatomic.h fenv.h tgmath.h uchar.h endian.h sys/types.h arpa/inet.h algorithm any array atomic barrier bit bitset cassert cctype cerrno cfloat charconv chrono cinttypes climits clocale cmath compare complex concepts condition_variable coroutine cstdarg cstddef cstdint cstdio cstdlib cstring ctime cwchar cwctype deque exception execution expected format forward_list functional future generator initializer_list iomanip ios iosfwd iostream iterator latch limits list locale map mdspan memory mutex new numbers numeric optional ostream istream print queue random ranges ratio regex scoped_allocator semaphore set shared_mutex source_location span sstream stack stacktrace stdexcept stop_token streambuf string string_view syncstream system_error thread tuple type_traits typeindex typeinfo unordered_map unordered_set utility valarray variant vector version')

const CALLS = names('printf fprintf sprintf snprintf vprintf vsnprintf puts putchar fputs fputc putc fflush scanf sscanf getchar strtol strtoul strtoll strtoull strtod strtof strtold strtoimax strtoumax atoi atol atoll atof abs labs llabs div ldiv lldiv rand srand malloc calloc realloc free aligned_alloc exit abort atexit qsort bsearch memcpy memmove memset memcmp memchr strlen strcpy strncpy strcat strncat strcmp strncmp strchr strrchr strstr strtok strtok_r strspn strcspn strpbrk strerror strdup strndup strcasecmp strncasecmp strcoll strxfrm strnlen isalpha isdigit isalnum isspace isupper islower ispunct isprint iscntrl isgraph isxdigit isblank toupper tolower sin cos tan asin acos atan atan2 sinh cosh tanh exp exp2 expm1 log log2 log10 log1p pow sqrt cbrt hypot fabs floor ceil round lround llround trunc fmod remainder fmin fmax fdim fma nan isnan isinf isfinite isnormal signbit copysign nextafter nexttoward ldexp frexp modf scalbn ilogb logb erf erfc tgamma lgamma rint lrint llrint nearbyint fpclassify sqrtf sinf cosf tanf powf fabsf floorf ceilf roundf truncf fmodf fminf fmaxf expf logf hypotf sqrtl powl fabsl atan2f lroundf rintf fmaf time clock difftime mktime gmtime localtime gmtime_r localtime_r strftime asctime ctime clock_gettime timegm setlocale localeconv assert static_assert va_start va_arg va_end va_copy sizeof alignof offsetof _Static_assert _Alignof feclearexcept fetestexcept fesetround fegetround feraiseexcept wcslen wprintf mbstowcs wcstombs btowc towupper towlower wcscmp wcscpy perror defined INT64_C UINT64_C INT32_C UINT32_C htons htonl ntohs ntohl ' +
  'decltype noexcept alignas typeid requires explicit operator static_cast dynamic_cast const_cast catch co_await move forward swap sort stable_sort partial_sort nth_element reverse rotate unique find find_if find_if_not count count_if accumulate reduce inner_product iota partial_sum transform copy copy_if fill fill_n generate for_each all_of any_of none_of max min minmax max_element min_element clamp lower_bound upper_bound equal_range binary_search merge equal mismatch distance advance next prev begin end cbegin cend rbegin rend size empty data make_pair make_tuple tie get make_unique make_shared to_string stoi stol stoll stoul stod stof getline setw setprecision setfill gcd lcm midpoint lerp popcount countl_zero countr_zero bit_ceil bit_floor has_single_bit rotl rotr byteswap string vector map set pair tuple array optional string_view ostringstream istringstream stringstream unordered_map unordered_set deque list complex int double float long char bool unsigned short auto uint8_t uint16_t uint32_t uint64_t int8_t int16_t int32_t int64_t size_t ptrdiff_t uintptr_t intptr_t from_chars to_chars back_inserter next_permutation prev_permutation is_sorted print println format')

// Of the compiler's own functions those that compute.
const BUILT_IN = /^__builtin_(?:popcount|clz|ctz|bswap\d+|parity|ffs|add_overflow|mul_overflow|sub_overflow|expect)\w*$/

const ATTRIBUTE = /^(?:__)?(?:packed|aligned|unused|used|noinline|always_inline|noclone|pure|const|hot|cold|noreturn|fallthrough|warn_unused_result|optimize|vector_size|may_alias|nonnull|format|printf|malloc|flatten|target_clones)(?:__)?$/

const DENIED = names('system popen pclose execl execlp execle execv execvp execvpe execve execveat fexecve fork vfork clone clone3 posix_spawn posix_spawnp syscall open open64 openat openat2 creat fopen fopen64 freopen fdopen fmemopen open_memstream tmpfile tmpnam tempnam mkstemp mkdtemp mkostemp rename renameat unlink unlinkat rmdir mkdir mkdirat mknod mkfifo link linkat symlink symlinkat readlink chmod fchmod chown fchown lchown truncate ftruncate socket socketpair bind connect listen accept sendto recvfrom sendmsg recvmsg getaddrinfo gethostbyname dlopen dlsym dlmopen dlvsym getenv secure_getenv environ setenv putenv unsetenv clearenv ptrace mmap mmap64 mprotect mremap shm_open shmget shmat kill killpg tkill sigqueue sigaction raise pipe pipe2 dup dup2 dup3 opendir fdopendir readdir scandir nftw ftw fts_open glob wordexp chdir fchdir chroot mount umount pivot_root unshare setns ioctl fcntl sendfile splice tee vmsplice copy_file_range process_vm_readv process_vm_writev init_module finit_module reboot sethostname setuid setgid seteuid setreuid getpass getpwnam getpwuid pthread_create pread pwrite preadv pwritev writev readv vfscanf fread fwrite fgets fileno daemon login utime utimes inotify_init fanotify_init perf_event_open bpf memfd_create io_uring_setup keyctl add_key request_key personality quick_exit at_quick_exit asm filesystem experimental fstream ifstream ofstream basic_ifstream basic_ofstream basic_fstream filebuf basic_filebuf reinterpret_cast bit_cast extern import module export wmain constructor destructor alias ifunc weak weakref section cleanup naked start_thread thrd_create longjmp setjmp va_list_t native_handle main_thread')

const OWN_CALL = /^[a-z][a-z\d]*(?:_[a-z\d]+)+$/
const SYSTEM_CALL = /^(?:posix|pthread|thrd|mtx|sys|shm|mq|sem|aio|lio|io|process|sched|timer|timerfd|signalfd|eventfd|epoll|inotify|fanotify|landlock|seccomp|pidfd|userfaultfd|memfd|name_to|open_by|sync_file|copy_file|sigaction|res|ns|inet|if|ether|clnt|svc|svcerr|xdr|auth|authdes|authunix|rpc|key|dl|dn|catopen|error_at|argp|obstack|re|fts|ftw|wordexp|getopt|mem_|explicit|crypt|envz|argz|gnu|libc|host|file|canonicalize)_|_(?:r|af|a|unlocked)$|^(?:secure_getenv|pivot_root|(?:f?init|delete)_module|request_key|add_key|perf_event|clock_(?:set|adj)|remap_file|move_pages|on_exit|at_quick_exit)|exec|system|spawn|popen|unlink|remove_|rename|connect|send|recv|fork|kill|shell|write|open|mount|load|chmod|chown|script|eval|command/

const PLAIN_DIRECTIVE = /^(?:define|undef|if|ifdef|ifndef|elif|else|endif|error)$/

function look (words: SnippetWords, at: number): number | null {
  const said = words.name(at)
  if (words.mark(at, '#')) return directive(words, at)
  if (words.mark(at, '(')) return bracket(words, at)
  if (said === '') return null
  if (said === '__attribute__') return attribute(words, at)
  // The compiler's own and the library's inner names.
  if (/^_/.test(said) && !/^_(?:Bool|Static_assert|Alignof|Alignas|Atomic|Noreturn|Thread_local|Complex|Generic)$|^__(?:func__|LINE__|FILE__|cplusplus|VERSION__|DATE__)$/.test(said) && !BUILT_IN.test(said)) words.refuse()
  // `std::remove(v.begin(), v.end(), 0)` leaves a file alone; with one value it takes the file away.
  if (said === 'remove') return !words.joined(at) || words.mark(at - 1, '::') ? words.mark(at + 1, '(') && words.values(at + 1).length >= 3 ? at + 1 : words.refuse() : null
  if (said === 'rename' || said === 'signal') words.refuse()
  if (said === 'auto' && words.mark(at + 2, '=') && words.mark(at + 3, '[')) words.defined.add(words.name(at + 1))
  if (said === 'using' && words.name(at + 1) === 'enum') words.refuse()
  return words.mark(at + 1, '(') ? called(words, at, said) : qualified(words, at, said)
}

// What only says how something is laid out or compiled: `__attribute__((packed, aligned(4)))`.
function attribute (words: SnippetWords, at: number): number {
  const behind = words.behind(at + 1)
  if (!words.mark(at + 1, '(') || !words.mark(at + 2, '(') || !words.tokens.slice(at + 1, behind).every(({ kind, text }) => kind === 'number' || (kind === 'name' ? ATTRIBUTE.test(text) : /^[(),]$/.test(text)))) words.refuse()
  return behind
}

// What is called by another namespace's name is the project's.
function qualified (words: SnippetWords, at: number, said: string): null {
  if (words.joined(at) || !words.mark(at + 1, '::') || said === 'std' || words.defined.has(said)) return null
  if (!words.ownsCode && !/^(?:chrono|ranges|views|numbers|numeric_limits|string|ios|this_thread|execution|placeholders|chars_format|literals|string_view|vector|regex_constants|npos)$/.test(said)) words.refuse()
  return null
}

// A variable that is made from values: `Point p(1, 2);`. Nothing of that name is called then.
function called (words: SnippetWords, at: number, said: string): number | null {
  if (words.joined(at) || words.language.calls?.has(said) === true || words.defined.has(said) || words.language.denied.has(said) || words.language.keywords.has(said)) return null
  // A function of the project, by a name that is none of the system's.
  if (words.ownsCode && OWN_CALL.test(said) && !SYSTEM_CALL.test(said)) {
    words.own(said, false)
    return at + 1
  }
  const before = words.tokens[at - 1]
  const makes = words.language === CPP && (before?.kind === 'name' ? !words.language.keywords.has(before.text) || before.text === 'auto' : before?.kind === 'mark' && before.text === '>')
  const again = words.sequences.flat().filter(({ text }, place, all) => text === said && all[place + 1]?.text === '(').length
  if (isInitialised(words, at) && (again === 1 || words.tokens.filter(({ text }, place, all) => text === said && all[place + 1]?.text === '(' && isInitialised(words, place)).length === again)) return at + 1
  if (!makes || again > 1 || depth(words, at) === 0) words.refuse()
  return at + 1
}

// `P(int a, int b) : x(a), y(b) {}` gives members their values.
function isInitialised (words: SnippetWords, at: number): boolean {
  if (words.language !== CPP || !/^[{,]$/.test(words.text(words.behind(at + 1)))) return false
  let before = at - 1
  while (words.mark(before, ',') && words.mark(before - 1, ')')) {
    for (let level = 0; before > 0;) {
      before -= 1
      if (words.mark(before, ')')) level += 1
      else if (words.mark(before, '(') && (level -= 1) === 0) break
    }
    before -= 2
  }
  return words.mark(before, ':') && (words.mark(before - 1, ')') || words.name(before - 1) === 'noexcept')
}

function depth (words: SnippetWords, at: number): number {
  return words.tokens.slice(0, at).reduce((sum, { kind, text }) => kind !== 'mark' ? sum : text === '{' ? sum + 1 : text === '}' ? sum - 1 : sum, 0)
}

// `(*f)(…)`, `((F) code)(…)`: what is called there has no name.
function bracket (words: SnippetWords, at: number): null {
  const behind = words.behind(at)
  if (!words.mark(behind, '(') || words.name(at - 2) === 'define') return null
  const before = words.tokens[at - 1]
  if (/^(?:if|while|for|switch|sizeof|catch|noexcept|decltype|alignas|explicit|requires)$/.test(words.name(at - 1)) || before?.text === ']') return null
  // A cast stands behind a mark, and only a type is in it.
  const isCast = before?.kind === 'mark' && !/^[)\]>]$/.test(before.text) && words.tokens.slice(at + 1, behind - 1).every(({ kind, text }) => kind === 'name' || /^(?:::|[<>,])$/.test(text)) && !words.defined.has(words.name(at + 1))
  const returned = before?.kind === 'name' && before.text === 'return' && words.tokens.slice(at + 1, behind - 1).every(({ kind, text }) => kind === 'name' && /^(?:unsigned|signed|int|long|short|char|float|double|\w+_t)$/.test(text))
  if (!isCast && !returned) words.refuse()
  return null
}

function directive (words: SnippetWords, at: number): number {
  const { said, next } = statementAt(words, at, null)
  const verb = words.name(at + 1)
  if (words.tokens[at]?.line !== true || words.tokens.slice(at + 1, next).some(({ kind, text }) => kind === 'mark' && text === '#')) words.refuse()
  if (said === '# pragma once') return next
  // Another name for a function: what is called is no longer what is written.
  if (verb === 'define' && words.tokens[at + 3]?.kind === 'name' && next === at + 4) words.refuse()
  if (verb !== 'include') return PLAIN_DIRECTIVE.test(verb) ? at + 2 : words.refuse()
  const own = words.plain(at + 2)
  if (own?.startsWith('/workspace/') === true) owns(words, own.slice('/workspace/'.length), next === at + 3, '/workspace/')
  else if (own !== null) owns(words, own, next === at + 3, './')
  else {
    const [, header = ''] = /^# include<([\w./-]+)>$/.exec(said) ?? []
    if (!HEADERS.has(header)) owns(words, header, header.includes('/') && !/^(?:sys|linux|asm|arpa|net|netinet|bits|boost|curl|openssl|experimental|ext|gnu|rpc|x86_64-linux-gnu|asm-generic|c\+\+|tr1|uv|python\d?(?:\.\d+)?|lua\d?)\//.test(header))
  }
  return next
}

// A header of the project: code that its build runs as well.
function owns (words: SnippetWords, header: string, isOwn: boolean, from = ''): void {
  if (!isOwn || !/^[A-Za-z]\w*(?:[\w.-]*\/[A-Za-z][\w.-]*)*\.(?:h|hh|hpp|hxx|inl)$/.test(header)) words.refuse()
  words.ownsCode = true
  words.loads.push(`${from}${header}`)
}

const C_SYNTAX = {
  ...BRACES,
  comment: /\/\/[^\n]*|\/\*[^]*?\*\//y,
  prefixes: names('L u U u8 f s sv'),
  raw: /'(?:[^'\\\n]|\\[^\n][^'\n]{0,8})'/y,
  // A line that goes on, a mark spelled with others, and what pastes names together.
  refused: /\\[ \t]*\r?\n|\?\?|%:|##|\bR"|\bu8R"|\bLR"/,
}
const KEYWORDS = names('if else for while do switch case default break continue return goto sizeof typedef struct union enum const static inline volatile register restrict signed unsigned void int char short long float double auto bool true false nullptr new delete class public private protected virtual override final template typename namespace using friend this throw try catch constexpr consteval constinit mutable operator noexcept explicit concept requires co_return co_yield co_await and or not xor')

export const C: SnippetLanguage = { syntax: C_SYNTAX, denied: DENIED, calls: { has: (name) => CALLS.has(name) || BUILT_IN.test(name) }, keywords: KEYWORDS, declares: names('struct union enum define'), joins: names('. ->'), bodies: true, look }
export const CPP: SnippetLanguage = { ...C, declares: names('struct union enum class concept using namespace define typename'), joins: names('. -> ::') }
