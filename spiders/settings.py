"""Only what differs from Scrapy's defaults: polite, loud and quiet in the right places."""

BOT_NAME = "rapport"
SPIDER_MODULES = ["spiders.sources"]
COMMANDS_MODULE = "spiders.commands"

# An honest name; the study's contact is added where it gives one (middlewares.py).
USER_AGENT = "Rapport/0.1 (reads public reviews for comparison; one slow request at a time)"
ROBOTSTXT_OBEY = True
CONCURRENT_REQUESTS = 8
CONCURRENT_REQUESTS_PER_DOMAIN = 1
DOWNLOAD_DELAY = 1.0
RETRY_TIMES = 2
RETRY_GIVE_UP_LOG_LEVEL = "INFO"             # it becomes a problem of its place, with a cure
DOWNLOAD_MAXSIZE = 32 << 20
COOKIES_ENABLED = False                      # nobody is logged in
REDIRECT_MAX_TIMES = 5

DOWNLOADER_MIDDLEWARES = {"spiders.middlewares.PolicyMiddleware": 50, "spiders.middlewares.PauseMiddleware": 60}
ITEM_PIPELINES = {"spiders.pipelines.StorePipeline": 200}

REMOTE_CONTROL_ENABLED = False
TELNETCONSOLE_ENABLED = False
LOG_LEVEL = "WARNING"
EXTENSIONS = {"spiders.extensions.archive.Archive": 400, "spiders.extensions.progress.Progress": 500}
SAYS_OUTCOME = True                          # where no place could be gathered, `scrapy crawl` says so; `rapport crawl` says more, and turns it off
