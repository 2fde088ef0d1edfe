"""Online predictions, their ledger, outcomes and live scores."""
