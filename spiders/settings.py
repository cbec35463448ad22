"""Only what differs from Scrapy's defaults: polite, loud and quiet in the right places."""

BOT_NAME = "rapport"
SPIDER_MODULES = ["spiders.sources"]
COMMANDS_MODULE = "spiders.commands"

# An honest name; the study's contact is added where it gives one (middlewares.py).
USER_AGENT = "Rapport/0.1 (reads public reviews for comparison; one slow request at a time)"
ROBOTSTXT_OBEY = True
ROBOTSTXT_USER_AGENT = "Rapport"             # the name that a robots.txt may address; a contact in the whole agent must not be taken for another one
CONCURRENT_REQUESTS = 8
CONCURRENT_REQUESTS_PER_DOMAIN = 1
DOWNLOAD_DELAY = 1.0                         # seconds between two requests to a site, at least: policy.toml and robots.txt may ask for more
DOWNLOAD_DELAY_JITTER = 0                    # a delay that is sometimes half as long would be no floor
AUTOTHROTTLE_ENABLED = True                  # a site that answers slowly is asked more slowly
AUTOTHROTTLE_START_DELAY = 0                 # begins at DOWNLOAD_DELAY
AUTOTHROTTLE_MAX_DELAY = 60.0
CRAWL_DELAY_LONGEST = 60.0                   # seconds: a robots.txt that asks for more gets this, and it is said
PAUSE_LONGEST = 600.0                        # seconds: a longer pause ends a place's crawl as blocked, with the time until which
DOWNLOAD_TIMEOUT = 60                        # seconds for a whole answer
DOWNLOAD_MAXSIZE = 32 << 20                  # bytes, also after unpacking
DOWNLOAD_WARNSIZE = 0
RETRY_TIMES = 2
RETRY_GIVE_UP_LOG_LEVEL = "INFO"             # it becomes a problem of its place, with a cure
COOKIES_ENABLED = False                      # nobody is logged in
REDIRECT_MAX_TIMES = 5
METAREFRESH_MAXDELAY = 5                     # a page that loads itself anew every minute leads nowhere

DOWNLOADER_MIDDLEWARES = {
    "spiders.middlewares.PolicyMiddleware": 50,
    "scrapy.downloadermiddlewares.robotstxt.RobotsTxtMiddleware": None, "spiders.middlewares.RobotsMiddleware": 100,
    "spiders.middlewares.PauseMiddleware": 560,
    "scrapy.downloadermiddlewares.redirect.MetaRefreshMiddleware": None, "spiders.middlewares.RefreshMiddleware": 580,
    "scrapy.downloadermiddlewares.redirect.RedirectMiddleware": None, "spiders.middlewares.FollowMiddleware": 600,
    "spiders.extensions.conditional.ConditionalMiddleware": 950,
}
DOWNLOAD_HANDLERS = {"http": "spiders.extensions.handler.PoliteHandler", "https": "spiders.extensions.handler.PoliteHandler", "file": None, "ftp": None, "s3": None}
ITEM_PIPELINES = {"spiders.pipelines.StorePipeline": 200}

REMOTE_CONTROL_ENABLED = False
TELNETCONSOLE_ENABLED = False
LOG_LEVEL = "WARNING"
EXTENSIONS = {"spiders.extensions.politeness.Politeness": 300, "spiders.extensions.archive.Archive": 400, "spiders.extensions.progress.Progress": 500}
SAYS_OUTCOME = True                          # where no place could be gathered, `scrapy crawl` says so; `rapport crawl` says more, and turns it off
