"""What a post is, what it says and where it is kept. Knows neither Scrapy nor alerts."""
