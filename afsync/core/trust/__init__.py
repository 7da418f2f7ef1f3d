"""Whether the service keeps what it accepts: publish times, cancellations, reviews, publications."""
