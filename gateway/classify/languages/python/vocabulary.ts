import { words } from '../words.ts'

/** What may be called of a module of Python, and what of it is a value. */
export interface ScriptModule { readonly calls: ReadonlySet<string>, readonly values: ReadonlySet<string> }

const part = (calls: string, values = ''): ScriptModule => ({ calls: words(calls), values: words(values) })

/**
 * The parts of Python that compute, and none that starts, sends, deletes or evaluates. A Map, since the names that are
 * looked up in it are the model's own words.
 */
export const SCRIPT_MODULES: ReadonlyMap<string, ScriptModule> = new Map([
  ['abc', part('abstractmethod', 'ABC abstractmethod')],
  ['asyncio', part('run sleep gather wait wait_for create_task Queue Lock Event Semaphore as_completed iscoroutinefunction iscoroutine all_tasks current_task to_thread timeout Condition TaskGroup shield PriorityQueue LifoQueue Future', 'TimeoutError CancelledError Queue Lock Event Semaphore Task FIRST_COMPLETED FIRST_EXCEPTION ALL_COMPLETED')],
  ['binascii', part('hexlify unhexlify crc32 a2b_hex b2a_hex a2b_base64 b2a_base64')],
  ['bisect', part('bisect bisect_left bisect_right insort insort_left insort_right')],
  ['calendar', part('monthrange isleap timegm monthcalendar weekday month calendar TextCalendar', 'month_name day_name month_abbr day_abbr')],
  ['cmath', part('sqrt exp phase polar', 'pi')],
  ['contextlib', part('suppress nullcontext redirect_stdout redirect_stderr closing ExitStack AsyncExitStack asynccontextmanager contextmanager', 'contextmanager suppress asynccontextmanager')],
  ['copy', part('copy deepcopy replace')],
  ['dataclasses', part('dataclass field asdict astuple fields is_dataclass replace make_dataclass', 'dataclass MISSING FrozenInstanceError InitVar KW_ONLY')],
  ['enum', part('auto Enum IntEnum Flag IntFlag StrEnum unique', 'Enum IntEnum StrEnum Flag IntFlag unique auto')],
  ['fnmatch', part('fnmatch fnmatchcase filter translate')],
  ['functools', part('reduce partial lru_cache cache cmp_to_key wraps singledispatch cached_property total_ordering partialmethod', 'lru_cache cache cached_property total_ordering wraps reduce partial singledispatch')],
  ['graphlib', part('TopologicalSorter')],
  ['heapq', part('heapify heappush heappop heappushpop heapreplace nsmallest nlargest merge heappop')],
  ['hmac', part('new compare_digest digest')],
  ['importlib.metadata', part('version distributions requires metadata entry_points packages_distributions distribution files', 'PackageNotFoundError')],
  ['importlib', part('')],
  ['importlib.util', part('find_spec')],
  ['io', part('StringIO BytesIO TextIOWrapper BufferedReader', 'StringIO BytesIO TextIOBase SEEK_SET SEEK_END')],
  ['ipaddress', part('ip_address ip_network IPv4Address IPv4Network IPv6Address IPv6Network ip_interface collapse_addresses summarize_address_range ip_interface', 'IPv4Address IPv4Network IPv6Address IPv6Network')],
  ['keyword', part('iskeyword', 'kwlist')],
  ['locale', part('getpreferredencoding getlocale setlocale localeconv format_string getencoding', 'LC_ALL LC_NUMERIC LC_TIME')],
  ['numpy', part('array asarray arange linspace zeros ones eye full mean median average std var sum prod dot cross outer matmul cumsum diff sqrt exp log log2 log10 sin cos tan abs round floor ceil clip min max minimum maximum argmin argmax sort argsort unique where isclose allclose array_equal isnan isfinite concatenate stack vstack hstack reshape transpose histogram percentile quantile meshgrid load loadtxt genfromtxt save savez savez_compressed savetxt', 'pi e inf nan newaxis float16 float32 float64 int8 int16 int32 int64 uint8 bool_')],
  ['numpy.linalg', part('norm inv det solve eigvals matrix_rank')],
  ['numpy.random', part('rand randn randint seed normal uniform choice default_rng')],
  ['operator', part('itemgetter add sub mul truediv floordiv mod neg eq ne lt le gt ge itemgetter lt contains concat and_ or_ xor not_ truth is_ is_not index pow lshift rshift abs pos inv countOf matmul', 'add sub mul truediv floordiv mod neg eq ne lt le gt ge and_ or_ xor pow not_ contains concat')],
  ['pandas', part('DataFrame Series Timestamp Timedelta to_datetime to_numeric date_range concat merge isna notna read_csv read_parquet read_json read_excel read_feather read_table pivot_table crosstab cut qcut set_option json_normalize get_dummies melt unique isnull notnull Index Categorical read_fwf ExcelFile', 'NA NaT')],
  ['secrets', part('token_hex token_urlsafe token_bytes randbelow choice compare_digest randbits SystemRandom')],
  ['shlex', part('split quote join shlex')],
  ['shutil', part('which get_terminal_size disk_usage')],
  ['sqlite3', part('connect', 'sqlite_version Row IntegrityError OperationalError Error DatabaseError version Connection PARSE_DECLTYPES')],
  ['subprocess', part('run check_output call check_call', 'PIPE DEVNULL STDOUT CalledProcessError TimeoutExpired CompletedProcess')],
  ['ssl', part('', 'OPENSSL_VERSION')],
  ['sysconfig', part('get_path get_paths get_python_version get_platform get_config_var get_config_vars get_path_names get_scheme_names')],
  ['traceback', part('print_exc format_exc print_exception format_exception extract_stack print_stack format_stack print_tb format_tb')],
  ['types', part('SimpleNamespace MappingProxyType', 'SimpleNamespace MappingProxyType FunctionType GeneratorType NoneType ModuleType MethodType LambdaType UnionType GenericAlias CoroutineType')],
  ['typing', part('NamedTuple TypedDict TypeVar cast get_origin get_args NewType runtime_checkable ParamSpec assert_type reveal_type', 'Any Optional Union List Dict Tuple Set FrozenSet Callable Iterable Iterator Generator Sequence Mapping NamedTuple TypedDict Protocol TypeVar Literal Final ClassVar Annotated Type Self overload final Generic Deque DefaultDict Awaitable Coroutine AsyncIterator AsyncGenerator AsyncIterable Type Concatenate ParamSpec TypeAlias TypeGuard NoReturn Never Required NotRequired LiteralString Unpack Reversible Hashable Sized Collection Container Counter OrderedDict IO TextIO BinaryIO Pattern Match AnyStr Text SupportsInt SupportsFloat MutableMapping MutableSequence TYPE_CHECKING runtime_checkable NewType override')],
  ['warnings', part('warn simplefilter filterwarnings catch_warnings')],
  ['xml.etree.ElementTree', part('parse fromstring tostring iterparse Element SubElement tostring tostringlist indent ElementTree XML register_namespace dump fromstringlist canonicalize', 'ParseError Element ElementTree')],
  ['zlib', part('crc32 adler32 compress decompress compressobj decompressobj', 'error ZLIB_VERSION ZLIB_RUNTIME_VERSION')],
  ['zoneinfo', part('ZoneInfo available_timezones', 'ZoneInfo ZoneInfoNotFoundError')],
  ['ast', part('parse walk dump unparse literal_eval get_docstring iter_child_nodes iter_fields get_source_segment increment_lineno', 'FunctionDef AsyncFunctionDef ClassDef Import ImportFrom Call Name Attribute Assign AnnAssign Constant Expr Return Module Str arg If For AsyncFor While With AsyncWith Try ExceptHandler Raise Assert Delete AugAssign Subscript Starred List Tuple Dict Set ListComp DictComp SetComp GeneratorExp Lambda IfExp BinOp BoolOp Compare UnaryOp JoinedStr FormattedValue Await Yield YieldFrom Global Nonlocal Pass Break Continue alias keyword arguments withitem Match NodeVisitor AST stmt expr Load Store')],
  ['base64', part('b64encode b64decode urlsafe_b64encode urlsafe_b64decode b32encode b16encode b32decode b16decode b85encode b85decode standard_b64encode standard_b64decode')],
  ['collections', part('Counter defaultdict OrderedDict deque namedtuple ChainMap UserDict UserList Counter deque', 'UserDict UserList namedtuple ChainMap')],
  ['csv', part('reader DictReader writer DictWriter Sniffer field_size_limit', 'QUOTE_ALL QUOTE_MINIMAL QUOTE_NONE QUOTE_NONNUMERIC DictReader DictWriter Error excel')],
  ['datetime', part('date datetime timedelta time timezone', 'date datetime timedelta timezone time UTC')],
  ['datetime.date', part('today fromisoformat fromtimestamp today fromordinal fromisocalendar', 'min max')],
  ['datetime.datetime', part('now utcnow today fromisoformat fromtimestamp utcfromtimestamp strptime combine fromisocalendar', 'min max')],
  ['datetime.timezone', part('', 'utc')],
  ['decimal', part('Decimal getcontext localcontext Context', 'ROUND_HALF_EVEN ROUND_HALF_UP ROUND_HALF_DOWN ROUND_UP ROUND_DOWN ROUND_CEILING ROUND_FLOOR InvalidOperation Decimal DivisionByZero getcontext')],
  ['difflib', part('unified_diff ndiff get_close_matches SequenceMatcher context_diff HtmlDiff Differ restore SequenceMatcher')],
  ['fractions', part('Fraction', 'Fraction')],
  ['glob', part('glob iglob escape')],
  ['hashlib', part('sha256 sha1 sha512 md5 blake2b new sha384 sha3_256 sha224 blake2s blake2b sha3_512 sha3_224 shake_128 pbkdf2_hmac scrypt file_digest', 'sha256 sha1 sha512 md5 sha384 sha224 algorithms_available algorithms_guaranteed blake2b')],
  ['html', part('escape unescape')],
  ['itertools', part('chain product permutations combinations groupby islice zip_longest accumulate count cycle repeat takewhile dropwhile starmap pairwise combinations_with_replacement compress tee filterfalse batched product', 'chain')],
  ['json', part('load loads dump dumps JSONEncoder JSONDecoder', 'JSONDecodeError JSONEncoder JSONDecoder')],
  ['math', part('sqrt floor ceil log log2 log10 sin cos tan gcd lcm factorial comb perm isclose hypot exp pow prod trunc fsum dist degrees radians asin acos atan atan2 sinh cosh tanh isnan isinf isfinite copysign fmod modf isqrt fabs cbrt exp2 expm1 log1p sumprod nextafter ulp lgamma gamma erf erfc remainder ldexp frexp acosh asinh atanh', 'pi e inf tau')],
  ['os', part('listdir remove unlink walk getcwd cpu_count getpid stat scandir getcwd sched_getaffinity getloadavg fspath lstat uname getuid getgid getppid urandom get_terminal_size', 'sep linesep name path curdir pardir extsep pathsep altsep devnull PathLike stat_result')],
  ['os.path', part('join exists isfile isdir basename dirname splitext getsize getmtime relpath abspath normpath commonpath commonprefix split isabs islink samefile getctime realpath lexists getatime ismount samefile splitdrive sameopenfile', 'sep join basename dirname exists isfile isdir splitext getsize getmtime')],
  ['pathlib', part('Path PurePath PurePosixPath PosixPath', 'Path PurePath')],
  ['pathlib.Path', part('cwd')],
  ['platform', part('python_version platform machine system node processor uname architecture release version python_implementation freedesktop_os_release libc_ver python_build python_compiler mac_ver win32_ver')],
  ['pprint', part('pprint pformat pp PrettyPrinter', 'pprint')],
  ['random', part('random randint choice shuffle sample seed uniform choices gauss Random getrandbits triangular betavariate expovariate lognormvariate normalvariate paretovariate vonmisesvariate weibullvariate randrange randbytes SystemRandom', 'random Random')],
  ['re', part('findall finditer match search fullmatch split sub subn compile escape purge', 'M MULTILINE I IGNORECASE S DOTALL X VERBOSE error Pattern Match A ASCII U UNICODE RegexFlag')],
  ['statistics', part('mean median stdev pstdev variance mode quantiles harmonic_mean fmean geometric_mean correlation median_low median_high multimode pvariance covariance linear_regression median_grouped NormalDist', 'mean median stdev StatisticsError')],
  ['string', part('capwords Template', 'ascii_letters ascii_lowercase ascii_uppercase digits punctuation hexdigits octdigits whitespace printable Template')],
  ['struct', part('pack unpack calcsize unpack_from iter_unpack pack_into Struct', 'error')],
  ['sys', part('exit getsizeof getdefaultencoding getrecursionlimit intern getrefcount setrecursionlimit getfilesystemencoding getswitchinterval exc_info getallocatedblocks get_int_max_str_digits set_int_max_str_digits is_finalizing', 'stdin stdout stderr version version_info argv platform executable maxsize byteorder implementation float_info prefix base_prefix flags maxunicode int_info hash_info exec_prefix base_exec_prefix version_info builtin_module_names stdlib_module_names api_version hexversion warnoptions thread_info abiflags copyright')],
  ['textwrap', part('dedent indent fill wrap shorten TextWrapper')],
  ['time', part('time perf_counter monotonic strftime gmtime localtime sleep process_time time_ns perf_counter_ns monotonic_ns strptime mktime ctime thread_time get_clock_info asctime perf_counter', 'timezone tzname struct_time perf_counter time monotonic')],
  ['tomllib', part('load loads', 'TOMLDecodeError')],
  ['unicodedata', part('name normalize category decimal digit numeric bidirectional combining east_asian_width mirrored decomposition lookup is_normalized', 'unidata_version')],
  ['urllib.parse', part('quote unquote urlparse urlsplit parse_qs urlencode urljoin parse_qsl quote_plus unquote_plus urlunparse urldefrag unquote_to_bytes quote_from_bytes urlunsplit', 'ParseResult SplitResult')],
  ['uuid', part('uuid4 uuid1 uuid3 uuid5 UUID UUID getnode', 'NAMESPACE_DNS NAMESPACE_URL UUID NAMESPACE_OID NAMESPACE_X500')],
  ['http', part('', 'HTTPStatus')],
  ['mimetypes', part('guess_type guess_extension guess_all_extensions')],
  ['gzip', part('open compress decompress', 'BadGzipFile')],
  ['zipfile', part('ZipFile is_zipfile', 'BadZipFile ZIP_DEFLATED')],
  ['colorsys', part('rgb_to_hsv hsv_to_rgb rgb_to_hls hls_to_rgb')],
  ['array', part('array')],
  ['numbers', part('', 'Number Integral Real')],
  ['dis', part('dis get_instructions Bytecode stack_effect code_info')],
  ['collections.abc', part('', 'Iterable Iterator Mapping Sequence Callable Hashable MutableMapping Generator Iterable AsyncIterator AsyncIterable Awaitable Coroutine Collection Container Set MutableSet MutableSequence Sized Reversible KeysView ItemsView ValuesView Buffer')],
  ['email.utils', part('parsedate_to_datetime format_datetime formatdate formataddr parseaddr make_msgid getaddresses')],
  ['argparse', part('ArgumentParser Namespace ArgumentTypeError', 'ArgumentParser Namespace ArgumentTypeError RawDescriptionHelpFormatter ArgumentDefaultsHelpFormatter SUPPRESS REMAINDER')],
  ['cProfile', part('Profile')],
  ['concurrent.futures', part('ThreadPoolExecutor as_completed wait', 'ThreadPoolExecutor Future TimeoutError')],
  ['configparser', part('ConfigParser RawConfigParser', 'ConfigParser Error NoSectionError NoOptionError')],
  ['contextvars', part('ContextVar copy_context')],
  ['datetime.time', part('fromisoformat', 'min max')],
  ['email', part('message_from_string message_from_bytes')],
  ['errno', part('', 'ENOENT EACCES EEXIST errorcode')],
  ['filecmp', part('cmp dircmp')],
  ['gc', part('collect get_count get_stats get_threshold isenabled disable enable')],
  ['gettext', part('gettext ngettext')],
  ['html.parser', part('', 'HTMLParser')],
  ['html.entities', part('', 'name2codepoint html5')],
  ['http.cookies', part('SimpleCookie')],
  ['inspect', part('signature getsource getdoc getsourcelines isfunction isclass ismethod iscoroutinefunction isgeneratorfunction getfullargspec cleandoc isabstract getmro Parameter isbuiltin ismodule getfile getsourcefile', 'isfunction isclass ismethod Parameter Signature iscoroutinefunction isbuiltin')],
  ['itertools.chain', part('from_iterable')],
  ['json.decoder', part('', 'JSONDecodeError')],
  ['logging', part('basicConfig getLogger info debug warning error exception critical StreamHandler Formatter NullHandler getLevelName disable captureWarnings log', 'DEBUG INFO WARNING ERROR CRITICAL NOTSET StreamHandler Formatter Logger Handler root')],
  ['plistlib', part('load loads dumps', 'FMT_XML FMT_BINARY')],
  ['pstats', part('Stats', 'SortKey')],
  ['queue', part('Queue PriorityQueue LifoQueue SimpleQueue', 'Empty Full')],
  ['reprlib', part('repr')],
  ['socket', part('gethostname inet_aton inet_ntoa', 'AF_INET SOCK_STREAM')],
  ['stat', part('filemode S_ISDIR S_ISREG S_ISLNK S_IMODE')],
  ['tempfile', part('TemporaryDirectory mkdtemp NamedTemporaryFile TemporaryFile SpooledTemporaryFile gettempdir')],
  ['threading', part('Thread Lock RLock Event Semaphore BoundedSemaphore Condition Barrier current_thread active_count enumerate get_ident main_thread local', 'Thread Lock')],
  ['timeit', part('timeit repeat default_timer Timer')],
  ['tokenize', part('generate_tokens untokenize', 'NAME OP STRING NUMBER COMMENT')],
  ['token', part('', 'tok_name')],
  ['tracemalloc', part('start stop get_traced_memory take_snapshot is_tracing reset_peak')],
  ['unittest', part('TestCase TestSuite TextTestRunner skip skipIf expectedFailure IsolatedAsyncioTestCase main', 'TestCase IsolatedAsyncioTestCase SkipTest')],
  ['unittest.mock', part('Mock MagicMock AsyncMock call sentinel create_autospec PropertyMock patch mock_open', 'ANY call sentinel DEFAULT Mock MagicMock AsyncMock')],
  ['unittest.mock.patch', part('object dict multiple')],
  ['urllib.error', part('', 'HTTPError URLError')],
  ['weakref', part('ref WeakValueDictionary WeakKeyDictionary WeakSet')],
  ['xml.dom.minidom', part('parseString parse')],
  ['xml.sax.saxutils', part('escape unescape quoteattr')],
  ['tarfile', part('open', 'TarError')],
  ['wave', part('open', 'Error')],
  ['site', part('getsitepackages getusersitepackages')],
  ['pkgutil', part('iter_modules walk_packages')],
  ['duckdb', part('sql query')],
  ['pkg_resources', part('get_distribution parse_version')],
  ['zipimport', part('', 'ZipImportError')],
  ['bz2', part('compress decompress')],
  ['lzma', part('compress decompress')],
  ['jinja2', part('Template Environment FileSystemLoader DictLoader', 'StrictUndefined TemplateError UndefinedError TemplateSyntaxError')],
  ['requests', part('get post put patch delete head options request', 'RequestException ConnectionError Timeout HTTPError')],
  ['requests.exceptions', part('', 'RequestException ConnectionError Timeout HTTPError')],
  ['urllib.request', part('urlopen Request')],
  ['httpx', part('get post put patch delete head options AsyncClient Client ASGITransport WSGITransport MockTransport', 'HTTPError ConnectError TimeoutException')],
  ['PIL.Image', part('open')],
  ['PIL', part('', 'Image')],
  ['lxml.etree', part('parse')],
  ['openpyxl', part('load_workbook')],
  ['matplotlib.pyplot', part('savefig imread')],
  ['polars', part('read_csv read_parquet read_json scan_csv scan_parquet')],
  ['psutil', part('cpu_count cpu_percent virtual_memory disk_usage getloadavg boot_time swap_memory')],
  ['cv2', part('imread imwrite')],
  ['fastapi.testclient', part('TestClient', 'TestClient')],
  ['starlette.testclient', part('TestClient', 'TestClient')],
  ['django', part('setup get_version', 'VERSION')],
  ['sqlalchemy', part('select func text inspect create_engine and_ or_ not_ desc asc case cast distinct exists column Column Integer String Float Boolean DateTime ForeignKey MetaData Table')],
  ['sqlalchemy.orm', part('Session declarative_base sessionmaker joinedload selectinload relationship', 'DeclarativeBase Mapped')],
  ['pytest', part('main raises approx', 'mark fixture')],
  ['yaml', part('safe_load safe_load_all safe_dump dump', 'YAMLError SafeLoader SafeDumper')],
])

/** Builtins that may be called, and handed to others, by their names alone. */
export const SCRIPT_FUNCTIONS = words('BaseException Exception ArithmeticError AssertionError AttributeError BlockingIOError BrokenPipeError BufferError ChildProcessError ConnectionAbortedError ConnectionError ConnectionRefusedError ConnectionResetError EOFError EnvironmentError FileExistsError FileNotFoundError FloatingPointError GeneratorExit IOError ImportError IndentationError IndexError InterruptedError IsADirectoryError KeyError KeyboardInterrupt LookupError MemoryError ModuleNotFoundError NameError NotADirectoryError NotImplementedError OSError OverflowError PermissionError ProcessLookupError RecursionError ReferenceError RuntimeError StopAsyncIteration StopIteration SyntaxError SystemError SystemExit TabError TimeoutError TypeError UnboundLocalError UnicodeDecodeError UnicodeEncodeError UnicodeError UnicodeTranslateError ValueError ZeroDivisionError Warning DeprecationWarning FutureWarning PendingDeprecationWarning ResourceWarning RuntimeWarning SyntaxWarning UnicodeWarning UserWarning ExceptionGroup BaseExceptionGroup ' +
  'abs all any ascii bin bool bytearray bytes callable chr complex dict dir divmod enumerate filter float format frozenset hasattr hash hex id int isinstance issubclass iter len list map max memoryview min next object oct ord pow print range repr reversed round set slice sorted str sum tuple type zip exit quit aiter anext')

/** Builtins of power, of whatever version: as values they would be called under other names. */
export const SCRIPT_POWERS = words('breakpoint case class classmethod compile copyright credits delattr eval exec execfile file getattr globals help input license locals property raw_input reload setattr staticmethod super unicode vars')

export const SCRIPT_KEYWORDS = words('and as assert async await break continue def del elif else except finally for if in is lambda not or pass raise return try while with yield None True False')

/** Methods of texts, numbers, collections, files that are open, and nodes of a syntax tree. Paths have some more. */
export const SCRIPT_METHODS = words('append extend insert pop remove clear copy count index sort reverse keys values items get setdefault update add discard union intersection difference issubset issuperset most_common elements total ' +
  'strip lstrip rstrip split rsplit splitlines join replace startswith endswith upper lower title capitalize swapcase casefold find rfind partition rpartition removeprefix removesuffix isdigit isalpha isalnum isupper islower isspace isidentifier zfill ljust rjust center encode decode expandtabs translate hex hexdigest digest ' +
  'read readline readlines write writelines writerow writerows writeheader close seek flush group groups groupdict start end span match search findall finditer fullmatch sub ' +
  'isoformat strftime timestamp total_seconds date time weekday isoweekday toordinal astimezone year ratio is_integer bit_length as_integer_ratio conjugate quantize popleft appendleft rotate ' +
  'mean std var reshape astype tolist flatten ravel cumsum argmax argmin dot transpose item all any round min max sum head tail describe groupby value_counts sort_values sort_index set_index reset_index dropna fillna isna notna isnull nunique unique to_dict nlargest nsmallest select_dtypes ' +
  'fetchone fetchall fetchmany cursor fromkeys merge abs isin between duplicated drop_duplicates pivot_table pivot corr cov shift diff rolling expanding resample melt stack unstack explode squeeze idxmax idxmin pct_change info memory_usage equals assign sample quantile mode median first last size cumcount rank nth get_group iterrows itertuples isnull notnull eq ne lt gt le ge sub mul div mask where clip contains len normalize to_list isdisjoint symmetric_difference difference_update intersection_update popitem isnumeric isdecimal isprintable isascii maketrans rindex namelist infolist visit generic_visit expandtabs substitute safe_substitute subtract move_to_end rjust hex as_tuple limit_denominator ' +
  'getroot iter findtext findall getvalue utcoffset dst tzname localize day_name month_name ' +
  'render exists is_file is_dir stat with_suffix with_name relative_to as_posix resolve joinpath ' +
  'with_stem absolute is_absolute is_relative_to samefile with_segments is_symlink owner lstat as_uri full_match writable readable seekable tell isatty getbuffer read1 readinto peek cancel cancelled done result exception add_done_callback get_nowait put task_done qsize empty full acquire release locked wait notify notify_all is_set set is_alive getName sections options has_section ' +
  'has_option getint getfloat getboolean add_section read_string read_dict read_file add_argument add_argument_group add_mutually_exclusive_group add_subparsers add_parser set_defaults parse_args parse_known_args print_help format_help format_usage print_usage cache_info cache_clear cache_parameters dispatch assertEqual assertNotEqual assertTrue assertFalse assertIs assertIsNot ' +
  'assertIsNone assertIsNotNone assertIn assertNotIn assertIsInstance assertRaises assertRaisesRegex assertAlmostEqual assertGreater assertGreaterEqual assertLess assertLessEqual assertCountEqual assertRegex assertDictEqual assertListEqual assertLogs subTest fail skipTest assert_called_once_with assert_called_with assert_called_once assert_called assert_not_called assert_has_calls ' +
  'assert_awaited_once reset_mock statistics compare print_stats sort_stats strip_dirs enable disable print_callers print_callees debug warning critical setLevel addHandler setFormatter getChild isEnabledFor log removeHandler hasHandlers real_quick_ratio quick_ratio get_opcodes get_matching_blocks get_grouped_opcodes find_longest_match set_seqs make_file make_table getnames ' +
  'getmembers getmember getinfo testzip printdir json raise_for_status iter_lines getcode geturl getheader getheaders fromordinal isocalendar timetuple utctimetuple timetz fromisoformat fold from_bytes to_bytes to_integral_value to_integral sqrt ln log10 copy_abs fma adjusted is_zero is_nan is_infinite is_signed bit_count fromhex parts drive anchor stem pack unpack unpack_from ' +
  'iter_unpack send throw aclose asend gauss randint choice choices shuffle uniform random seed getrandbits getstate handle_starttag handle_endtag handle_data feed unknown_decl get_starttag_text toprettyxml toxml getElementsByTagName getAttribute setAttribute appendChild createElement hasAttribute hasChildNodes cloneNode createTextNode attrib itertext getchildren subelement tag ' +
  'iterfind istitle format from_iterable new_child static_order prepare get_ready is_active supernet subnets hosts overlaps subnet_of supernet_of num_addresses exploded compressed ip with_prefixlen index_of counts tobytes frombytes fromlist byteswap buffer_info cast commit rollback iterdump total_changes enter_context pop_all push nonzero trace diagonal repeat take choose argsort ' +
  'argpartition searchsorted prod cumprod ptp swapaxes resize view conj real imag newbyteorder setflags itemset normal integers standard_normal permutation permuted binomial poisson exponential beta gamma multivariate_normal reindex set_axis add_prefix add_suffix drop combine_first align at_time between_time asfreq tz_localize tz_convert to_period floor ceil slice ' +
  'cat pad get_dummies cummax cummin kurt skew sem autocorr combine sparse hasnans factorize codes categories add_categories remove_categories rename_categories reorder_categories as_ordered first_valid_index last_valid_index xs loc iloc at iat filter bfill ffill interpolate backfill map swaplevel droplevel wide_to_long indices ngroup ohlc agg transform corrwith applymap isetitem ' +
  'iteritems T axes ndim tostring getpixel putpixel getbbox convert crop thumbnail paste getdata getcolors histogram point getextrema rectangle ellipse line text polygon arc textbbox getchannel alpha_composite reduce verify plot set_xlabel set_ylabel set_title legend grid tight_layout set_xlim set_ylim scatter bar barh hist axhline axvline set_xticks set_yticks set_xticklabels ' +
  'set_yticklabels annotate fill_between twinx colorbar suptitle subplots_adjust errorbar boxplot pie imshow set_aspect tick_params flat add_subplot invert_yaxis error ' +
  'getframerate getnchannels getnframes getsampwidth getparams readframes to_pandas to_pylist to_pydict to_numpy to_arrow to_value to_sympy to_tuple to_directed to_undirected test_client app_context test_request_context test_cli_runner readouterr get_tokens openapi df fetchdf create_task')

/** Builtins and functions of modules whose first argument names a file or a folder. */
export const SCRIPT_PLACES = words('open os.remove os.unlink pathlib.Path glob.glob glob.iglob os.listdir os.walk pandas.read_csv pandas.read_parquet pandas.read_json pandas.read_excel pandas.read_feather pandas.read_table os.scandir gzip.open zipfile.ZipFile xml.etree.ElementTree.parse xml.etree.ElementTree.iterparse')

/** Attributes that lead from a value to modules or frames, or that are methods with effects: not to be had even uncalled. */
export const POWERFUL_ATTRIBUTE = /^_|^(?:gi|cr|ag|f|tb|co|func)_|^(?:os|sys|subprocess|shutil|builtins|parser|io|posix|posixpath|ntpath|importlib|socket|pickle|ctypes|modules|environ|codecs|loader|unlink|rename|replace|rmdir|mkdir|touch|chmod|lchmod|symlink_to|hardlink_to|link_to|write_text|write_bytes|read_text|read_bytes|open|truncate|glob|rglob|iterdir|walk|copy_into|move|move_into|copy_tree|format|format_map|exec\w*|extract\w*|save\w*|tofile|dump\w*|backup|kill|terminate|send\w*|connect\w*|start|submit|callback|enter_context|register|load\w*|upload\w*|delete\w*)$/

/** Methods of tables that take the names of others, in texts. */
export const NAMING_METHODS = words('agg aggregate apply applymap map transform')

/** Methods of tables that write, show or evaluate, so that their names may not be handed on. */
export const WRITING_NAME = /^_|^to_|^(?:eval|query|pipe|apply|applymap|agg|aggregate|map|transform|plot|hist|boxplot|style|set_)/

/** Methods that make another form of a table or a date; with a first value many of them write it to a file instead. */
export const FORM_METHOD = /^to_(?:string|markdown|json|csv|html|latex|dict|records|frame|numpy|period|timestamp|pydatetime)$/
