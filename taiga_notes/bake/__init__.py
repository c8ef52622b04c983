"""SilverBullet's pages to blocks and back."""
