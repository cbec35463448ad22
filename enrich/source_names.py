"""What people call a source: the pages say it instead of the name that study.toml uses."""

from __future__ import annotations

NAMES = {
    "amo": "Firefox add-ons", "apple": "App Store", "bbb": "Better Business Bureau", "bbpress": "bbPress forum", "buildzoom": "BuildZoom", "cfpb": "CFPB complaints", "company_site": "Own website",
    "consumeraffairs": "ConsumerAffairs", "discourse": "Discourse forum", "g2": "G2", "github": "GitHub", "google_maps": "Google Maps", "google_play": "Google Play", "hackernews": "Hacker News",
    "homeadvisor": "HomeAdvisor", "ipboard": "IP.Board forum", "kununu": "kununu", "phpbb": "phpBB forum", "pissedconsumer": "PissedConsumer", "saved_page": "Saved pages", "schema_org": "Web page",
    "shopify": "Shopify App Store", "smf": "SMF forum", "stackexchange": "Stack Exchange", "table": "File", "vanilla": "Vanilla forum", "vbulletin": "vBulletin forum", "wordpress_org": "WordPress.org",
    "xenforo": "XenForo forum",
}
"""Sources whose name people write in another way than with a capital."""


def spoken(source: str) -> str:
    """A source, or an import's `origin`, as people call it; a host stays as it is."""
    return NAMES.get(source) or (source if "." in source else source[:1].upper() + source[1:].replace("_", " "))
