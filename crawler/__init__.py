"""From a source on the network to posts. All of its traffic goes through Tor.

Importing this package closes one leak first: Scrapy's cookie middleware builds a tldextract object, which
fetches the public-suffix list outside Tor at the first cookie. With the variable empty it uses its own copy.
The variable must be set before that middleware is imported, hence here.
"""

import os

os.environ["TLDEXTRACT_PUBLIC_SUFFIX_LIST_URLS"] = ""
