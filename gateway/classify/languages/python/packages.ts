import { words } from '../words.ts'

// Packages whose names say that they are the project's.
const OWN = /^(?:app|main|src|server|backend|api|cli|core|lib|utils|models|services|domain|tests?)(?:\.[a-z]\w*)*$/

// A module is the project's when it is, or is below, none of Python's own and none that starts or sends things.
const PLAIN = /^[a-z]\w*(?:\.[a-z]\w*)*$/
const PYTHON = words('abc aifc antigravity argparse array ast asynchat asyncio asyncore atexit audioop base64 bdb binascii bisect builtins bz2 calendar cgi cgitb chunk cmath cmd code codecs codeop collections colorsys compileall concurrent configparser contextlib contextvars copy copyreg crypt csv ctypes curses dataclasses datetime dbm decimal difflib dis distutils doctest email encodings ensurepip enum errno faulthandler fcntl filecmp fileinput fnmatch fractions ftplib functools gc genericpath getopt getpass gettext glob graphlib grp gzip hashlib heapq hmac html http idlelib imaplib imghdr imp importlib inspect io ipaddress itertools json keyword lib2to3 linecache locale logging lzma mailbox mailcap marshal math mimetypes mmap modulefinder msilib msvcrt multiprocessing netrc nis nntplib nt ntpath nturl2path numbers opcode operator optparse os ossaudiodev pathlib pdb pickle pickletools pipes pkgutil platform plistlib poplib posix posixpath pprint profile pstats pty pwd pyclbr pydoc pyexpat queue quopri random re readline reprlib resource rlcompleter runpy sched secrets select selectors shelve shlex shutil signal site smtpd smtplib sndhdr socket socketserver spwd sqlite3 sre_compile sre_constants sre_parse ssl stat statistics string stringprep struct subprocess sunau symtable sys sysconfig syslog tabnanny tarfile telnetlib tempfile termios textwrap this threading time timeit tkinter token tokenize tomllib trace traceback tracemalloc tty turtle turtledemo types typing unicodedata unittest urllib uu uuid venv warnings wave weakref webbrowser winreg winsound wsgiref xdrlib xml xmlrpc zipapp zipfile zipimport zlib zoneinfo')
const PACKAGES = words('delegator envoy sarge command commands subprocess32 subprocess_tee easyprocess pysftp ftputil wget curl_cffi grequests uplink feedparser newspaper cloudscraper tweepy telegram discord praw smtp yagmail imapclient pyautogui pynput keyboard mouse cx_Oracle oracledb pyodbc duckdb MySQLdb neo4j influxdb clickhouse_driver snowflake xonsh pyshark dns ping3 nmap shodan impacket torchvision wandb comet_ml clearml pysnmp easysnmp shellingham shutilwhich pip_api site_packages sitecustomize usercustomize xdist nbclient jupyter_client aioboto3 aiomysql aioredis aiosqlite asyncpg asyncssh black bs4 build cassandra conan cookiecutter copier docutils elasticsearch execnet gcsfs gradio jsonpickle libtmux mesonpy minio mkdocs nbconvert nbformat netmiko nicegui nox nuitka opensearchpy papermill platformio pre_commit pwnlib pyftpdlib pyperclip pyquery readme_renderer requests_html requests_oauthlib s3fs scp scons sphinx streamlit tortoise tox treq airflow aiofiles aiohttp ansible anthropic apscheduler attr authlib azure bokeh boto boto3 botocore celery cffi click cloudpickle colorama cryptography cython dagster dash dask decouple dill distlib django docker docopt dotenv dulwich environs fabric fastapi faust filelock fire flask fsspec gevent ghapi git github gitlab google greenlet grpc gunicorn httplib2 httpx huggingface_hub hvac hypercorn hypothesis importlib_metadata invoke ipykernel ipython jedi jenkins jinja2 joblib jose jupyter jwt kafka keras keyring kombu kubernetes langchain ldap3 locust luigi lxml mako matplotlib mechanize mlflow mypy mysql nltk nose notebook numba numexpr numpy oauthlib openai opentelemetry pandas paramiko parso pathos peewee pexpect pika pip pipenv pkg_resources playwright plotly plumbum poetry polars pony prefect psutil psycopg psycopg2 ptyprocess pwn py pyarrow pycurl pydantic pygments pymongo pymysql pyppeteer pyspark pytest qrcode ray redis requests rich rq ruamel salt sanic scapy schedule scipy scrapy selenium sendgrid sentry_sdk setuptools sh skimage sklearn slack slack_sdk slugify smart_open sqlalchemy starlette stripe supervisor sympy tensorflow tornado torch tqdm transformers trio twilio twine twisted typer urllib3 uvicorn uvloop virtualenv waitress watchdog websocket websockets werkzeug wheel xmltodict yaml zmq')

/** How sure it is that a module is the project's own: by its name, as it is none of those known, or not at all. */
export function ownership (module: string): 'named' | 'likely' | null {
  if (OWN.test(module)) return 'named'
  const [head = ''] = module.split('.')
  return PLAIN.test(module) && !PYTHON.has(head) && !PACKAGES.has(head) ? 'likely' : null
}

/** Whether a module of that name is Python's own, or a known package. */
export function isKnownModule (name: string): boolean {
  return PYTHON.has(name) || PACKAGES.has(name)
}

/** Whether a module of that name is Python's own. */
export function isOfPython (name: string): boolean {
  return PYTHON.has(name)
}

// By these a text is made that stands nowhere in the program.
const COMPOSES = /^(?:chr|bytes|decode|fromhex|join|format|translate|replace|b(?:64|32|16|85)decode|a2b_hex|substitute|safe_substitute|capwords|center|ljust|rjust|unquote|unescape|sub|upper|lower|swapcase|removeprefix|removesuffix|strip|lstrip|rstrip|zfill|unhexlify)$/

/** Whether a name could make a text of pieces, so that what a function of unsure origin is asked would stand nowhere. */
export function composesText (name: string): boolean {
  return COMPOSES.test(name)
}
