"""What all resources share: requests and answers, login, paging, filters."""
